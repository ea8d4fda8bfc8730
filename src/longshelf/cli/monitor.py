"""``longshelf monitor``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longshelf.cli import say
from longshelf.cli.events import Address, Since, moment
from longshelf.cli.follow import Follower

if TYPE_CHECKING:
    from longshelf.monitoring import Observation
    from longshelf.trials import TrialReport

__all__ = ["monitor"]

COLUMNS = ("part", "users", "exposures", "share", "clicks", "click_rate", "conversion", "coverage", "gini")  # fmt: skip


def monitor(
    events: Address,
    catalogue: Annotated[
        Path | None, typer.Option(help="catalogue.parquet of the artifact: inputs and slices.")
    ] = None,
    window: Annotated[float, typer.Option(help="Minutes of a window.")] = 60.0,
    reference: Annotated[
        int, typer.Option(help="First windows that others are held against.")
    ] = 24,
    wait: Annotated[float, typer.Option(help="Minutes until a window's clicks are in.")] = 30.0,
    since: Since = None,
    state: Annotated[
        Path | None, typer.Option(help="File where the alerts' state is kept.")
    ] = None,
    page: Annotated[Path | None, typer.Option(help="Write a live page here.")] = None,
    reload: Annotated[
        int, typer.Option(help="Seconds after which the page reloads itself; 0 never.")
    ] = 0,
    every: Annotated[
        int, typer.Option(help="Go on looking, with so many seconds in between; 0 looks once.")
    ] = 0,
    once: Annotated[bool, typer.Option("--once", help="Look once, whatever --every says.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON, one document a look.")] = False,
) -> None:
    """Watch the live service by slice: exposure, clicks, quality, drift, alerts, trials."""
    import time

    from longshelf.errors import InputError

    if min(every, reload) < 0:
        raise InputError(f"--every and --reload take 0 seconds or more, got {every} and {reload}")
    follower = Follower(events, moment(since), window * 60, reference)
    while True:
        try:
            seen, trials = _look(follower, catalogue, wait * 60, state)
        except InputError as error:
            if once or not every:
                raise
            say.text(str(error))
        else:
            if page is not None:
                _write(page, seen, trials, reload or every)
            if json:
                say.as_json(seen.as_dict())
            else:
                _tell(seen, trials)
        if once or not every:
            return
        time.sleep(every)


def _look(
    follower: Follower, catalogue: Path | None, wait: float, state: Path | None
) -> tuple[Observation, list[TrialReport]]:
    import polars as pl

    from longshelf.errors import InputError
    from longshelf.monitoring import RULES, Alerts, look
    from longshelf.trials import report_trial

    if catalogue is not None and not catalogue.exists():
        raise InputError(
            f"no catalogue at {catalogue}; it lies in the artifact as catalogue.parquet"
        )
    items = None if catalogue is None else pl.read_parquet(catalogue)
    follower.look()
    alerts = Alerts(rules=RULES) if state is None else Alerts.load(state, RULES)
    seen = look(follower.running, catalogue=items, wait=wait, alerts=alerts)
    if state is not None:
        seen.alerts.save(state)
    trials = []
    for name in follower.trials.trials:
        try:
            trials.append(report_trial(follower.trials, name))
        except InputError:
            continue
    return seen, trials


def _write(path: Path, seen: Observation, trials: list[TrialReport], every: int) -> None:
    """Beside, then renamed: a browser never reads half a page."""
    from longshelf.monitoring import page

    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(page(seen, trials, every=every), encoding="utf-8")
    beside.replace(path)


def _tell(seen: Observation, trials: list[TrialReport]) -> None:
    import polars as pl

    starts = seen.windows["window"].unique().sort()
    last = starts[-2] if len(starts) > 1 else starts[-1]
    rows = seen.windows.filter(pl.col("window") == last).select(COLUMNS).rows()
    say.table("the last whole window", COLUMNS, rows)
    judged = seen.judged.filter(pl.col("window") == pl.col("window").max())
    if judged.height:
        say.table("scores beside clicks", judged.columns[1:], judged.drop("window").rows())
    drift = seen.drift.filter(pl.col("window") == pl.col("window").max())
    if drift.height:
        say.table("drift of inputs", drift.columns[1:], drift.drop("window").rows())
    for one in seen.estimated:
        value = one.reason if one.value is None else f"{one.value:.1%} ({one.reason})"
        say.text(f"{one.name}: {value}")
    for trial in trials:
        say.text(f"trial {trial.trial}: {trial.sample_ratio.sentence()}")
        for line in trial.lines[:1]:
            say.text(f"  {line.metric}, {line.arm}: {line.lift.value:+.1%} "
                     f"[{line.lift.low:+.1%}, {line.lift.high:+.1%}]")  # fmt: skip
    say.text(*seen.notes)
    raised = seen.alerts.raised
    say.text(f"ALERTS: {', '.join(raised)}" if raised else "no alert is raised")
