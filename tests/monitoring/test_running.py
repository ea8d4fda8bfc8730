"""Reading only what is new gives the figures of reading everything."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from longshelf.cli.events import read_events
from longshelf.cli.follow import Follower
from longshelf.monitoring import Running, look, observe
from longshelf.serving.events import Record, open_events
from longshelf.trials import report_trial
from made_traffic import HOUR, catalogue, quiet

WATCH = {"catalogue": catalogue(), "wait": 300.0}


def records(frame: pl.DataFrame, rng: np.random.Generator) -> list[Record]:
    """A record per list and per act; acts come late, some by hours, some twice, some without a list."""
    found = []
    for (request,), rows in frame.group_by("request", maintain_order=True):
        shown = rows.filter(pl.col("kind") == "impression")
        acts = rows.filter(pl.col("kind") != "impression")
        one = shown.row(0, named=True)
        about = {"request": request, "user": one["user"] if rng.random() > 0.1 else ""}
        found.append((one["time"], Record(
            event=request, time=one["time"], kind="impression", surface="recommend",
            items=shown["item"].to_list(), positions=shown["position"].to_list(),
            slices=shown["slice"].to_list(), scores=shown["score"].to_list(), trial=one["trial"],
            arm=one["arm"], propensity=one["propensity"], group=one["group"], **about,
        )))  # fmt: skip
        for act in acts.iter_rows(named=True):
            for again in range(1 + (rng.random() < 0.2)):
                time = act["time"] + float(rng.choice([0, 60, 3 * HOUR])) + again
                lost = {"request": "none"} if rng.random() < 0.05 else {}
                found.append((time, Record(
                    event=f"{act['event']}.{again}", time=time, kind=act["kind"], surface="",
                    items=[act["item"]], positions=[0], slices=[""], scores=[None],
                    **(about | lost),
                )))  # fmt: skip
    return [record for _, record in sorted(found, key=lambda pair: pair[0])]


def same(one, two) -> None:
    """Equal words and whole numbers, and numbers up to the order of summing."""
    if isinstance(one, dict):
        assert set(one) == set(two)
        for key in one:
            same(one[key], two[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(two)
        for a, b in zip(one, two, strict=True):
            same(a, b)
    elif isinstance(one, float):
        assert one == pytest.approx(two, rel=1e-9, abs=1e-9, nan_ok=True)
    else:
        assert one == two


@pytest.mark.parametrize("seed", [0, 1])
def test_batch_by_batch_is_as_all_at_once(tmp_path, seed) -> None:
    rng = np.random.default_rng(seed)
    stored = records(quiet(hours=9, visits=30, seed=seed), rng)
    address = str(tmp_path / "events.db")
    events = open_events(address)
    follower = Follower(address, 0.0, HOUR, 3)
    cuts = sorted(rng.choice(len(stored), 4, replace=False).tolist())
    for start, end in zip([0, *cuts], [*cuts, len(stored)], strict=True):
        events.append(stored[start:end])
        follower.look()
    everything = read_events(address)
    assert follower.rows == everything.height
    follower.look()
    assert follower.rows == everything.height
    whole = observe(everything, **WATCH, seconds=HOUR, reference=3)
    same(look(follower.running, **WATCH).as_dict(), whole.as_dict())
    assert whole.signals.height > 0
    assert repr(report_trial(follower.trials)) == repr(report_trial(everything))
    gone = next(record.user for record in stored if record.user)
    events.forget(gone)
    events.close()
    follower.look()
    assert gone not in set(follower.running.people["user"])
    same(
        look(follower.running, **WATCH).as_dict(),
        observe(read_events(address), **WATCH, seconds=HOUR, reference=3).as_dict(),
    )


def test_memory_follows_windows_and_users_not_exposures(monkeypatch) -> None:
    monkeypatch.setattr("longshelf.monitoring.running.MOST", 5)
    one = quiet(hours=1, visits=60).head(60)
    running, rows = Running(HOUR, 2), []

    def fold(start: float, name: str) -> None:
        named = {
            column: pl.format("{}.{}", column, pl.lit(name)) for column in ("event", "request")
        }
        running.fold(one.with_columns(pl.col("time") % (HOUR / 2) + start, **named))

    for hour in range(10):
        fold(hour * HOUR, f"{hour}")
        fold((hour + 0.5) * HOUR, f"{hour}.5")
        rows.append(running.rows)
    assert rows[6] == rows[7] == rows[9] > rows[5]
    assert running.starts == [HOUR * hour for hour in (0, 1, 5, 6, 7, 8, 9)]
    assert running.left_out == 3
    fold(3 * HOUR, "late")
    assert (running.rows, running.left_out) == (rows[9], 3)
