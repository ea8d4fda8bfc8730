"""``longshelf trial``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from longshelf.cli import say
from longshelf.cli.events import Address, read_events

if TYPE_CHECKING:
    from longshelf.trials import Interval, TrialReport

__all__ = ["trial"]


def trial(
    events: Address,
    name: Annotated[str | None, typer.Option("--name", help="Which trial.")] = None,
    plain: Annotated[str | None, typer.Option(help="The arm to compare with.")] = None,
    shares: Annotated[
        str | None, typer.Option(help="Promised shares: plain=0.5,remedied=0.5; else as logged.")
    ] = None,
    planned: Annotated[int, typer.Option(help="Users the intervals are narrowest at.")] = 10_000,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say what an experiment shows so far: the sample ratio first, then the lifts it allows."""
    from longshelf.trials import report_trial

    found = report_trial(
        read_events(events), name, plain=plain, shares=_shares(shares), planned=planned
    )
    if json:
        say.as_json(_told(found))
        return
    say.text(f"trial {found.trial}", found.sample_ratio.sentence(), *found.notes)
    if found.preference is not None:
        p = found.preference
        say.text(f"{p.wins:,} users prefer the other list, {p.losses:,} plain's, {p.ties:,} neither; "
                 f"sign test p = {p.p:.3g}")  # fmt: skip
    if found.lines:
        say.table(
            "lifts, valid at every look",
            ("metric", "slice", "arm", "users", "plain", "value", "lift", "95% interval", "verdict"),
            [
                (line.metric, line.slice, line.arm, line.users, line.plain, line.value,
                 *_shown(line.lift),
                 ("open", "better", "worse")[line.change.verdict])
                for line in found.lines
            ],
        )  # fmt: skip


def _shown(lift: Interval) -> tuple[str, str]:
    """The lift and its ends; dashes where the plain arm has none or it is too early."""
    from math import isfinite

    value = f"{lift.value:+.1%}" if isfinite(lift.value) else "–"
    return value, f"{lift.low:+.1%} to {lift.high:+.1%}" if isfinite(lift.width) else "–"


def _shares(text: str | None) -> dict[str, float] | None:
    from longshelf.errors import InputError

    if text is None:
        return None
    try:
        return {arm.strip(): float(share) for arm, share in (p.split("=") for p in text.split(","))}
    except ValueError:
        raise InputError(f"shares are written plain=0.5,remedied=0.5, got {text!r}") from None


def _told(found: TrialReport) -> dict[str, Any]:
    def ends(interval: Interval) -> dict[str, float | None]:
        from math import isfinite

        values = {"value": interval.value, "low": interval.low, "high": interval.high}
        return {name: end if isfinite(end) else None for name, end in values.items()}

    ratio, preference = found.sample_ratio, found.preference
    return {
        "trial": found.trial,
        "sample_ratio": {"passed": ratio.passed, "p": ratio.p, "counts": dict(ratio.counts)},
        "notes": list(found.notes),
        "preference": None
        if preference is None
        else {n: getattr(preference, n) for n in ("wins", "losses", "ties", "p")},
        "lines": [
            {"metric": line.metric, "slice": line.slice, "arm": line.arm, "users": line.users,
             "plain": line.plain, "value": line.value, "change": ends(line.change),
             "lift": ends(line.lift), "verdict": line.change.verdict}
            for line in found.lines
        ],
    }  # fmt: skip
