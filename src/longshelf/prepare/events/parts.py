"""Train, valid and test: on one time line, or the last of each user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import ibis

from longshelf.errors import InputError

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from longshelf.prepare.events.engine import Engine

__all__ = ["PARTS", "by_time", "cut_times", "last_out", "nothing_empty"]

PARTS = ("train", "valid", "test")

_BUCKETS = 10_000
_EXACT = 100_000


def cut_times(
    engine: Engine, events: Table, rows: int, span: tuple[int, int], shares: Sequence[float]
) -> list[int]:
    """The time before which each share of the events lies; exact, without sorting.

    Events are counted in 10,000 stretches of the time line. The stretch where a cut falls is
    counted again, finer, until single instants are counted. So nothing of the size of the log is
    held, and both engines find the same microsecond.

    Parameters
    ----------
    engine : Engine
        Where it runs.
    events : table with time
        In microseconds; scanned once, and once or twice more for each cut.
    rows : int
        Events in it.
    span : tuple of int
        Its first and last microsecond, or a wider range.
    shares : sequence of float
        Share of the rows before each cut; rows of one instant stay on one side, the later one.
    """
    coarse = _counted(engine, events, *span, rows)
    cuts = []
    for share in shares:
        rank, low, high = min(int(share * rows), rows - 1), *span
        counts, width = coarse
        while True:
            bucket, before, inside = _found(counts, rank)
            low, rank = low + bucket * width, rank - before
            if width == 1:
                break
            high = low + width - 1
            counts, width = _counted(engine, events, low, high, inside)
        cuts.append(low)
    return cuts


def by_time(events: Table, from_valid: int, from_test: int) -> Table:
    """Learn from the past, be judged on the future."""
    part = ibis.cases(
        (events.time >= from_test, "test"), (events.time >= from_valid, "valid"), else_="train"
    )
    return events.mutate(part=part)


def last_out(events: Table) -> Table:
    """The last event of a user tests, the one before validates; below three events all are train.

    Of events of one instant the one with the larger item number is the later.
    """
    mine = ibis.window(group_by=events.user)
    latest = ibis.window(group_by=events.user, order_by=[events.time.desc(), events.item.desc()])
    left = ibis.row_number().over(latest)
    placed = events.mutate(left=left, own=events.count().over(mine))
    part = ibis.cases(
        (placed.own < 3, "train"), (placed.left == 0, "test"), (placed.left == 1, "valid"),
        else_="train",
    )  # fmt: skip
    return placed.mutate(part=part).drop("left", "own")


def nothing_empty(parts: Mapping[str, int]) -> None:
    """Refuse a split that leaves a part without events.

    Raises
    ------
    InputError
    """
    empty = [name for name in PARTS if not parts.get(name)]
    if empty:
        raise InputError(
            f"the split leaves {' and '.join(empty)} empty; use other shares, --split "
            "leave_last_out or --split none"
        )


def _counted(
    engine: Engine, events: Table, low: int, high: int, rows: int
) -> tuple[list[tuple[int, int]], int]:
    """Events per stretch of a range, and the width of a stretch, in microseconds."""
    width = 1 if rows <= _EXACT else max(1, -(-(high - low + 1) // _BUCKETS))
    inside = events.filter(events.time.between(low, high))
    bucket = ((inside.time - low) // width).cast("int64")
    counts = inside.group_by(bucket=bucket).agg(n=inside.count())
    return sorted((int(b), int(n)) for b, n in engine.rows(counts)), width


def _found(counts: Sequence[tuple[int, int]], rank: int) -> tuple[int, int, int]:
    """The stretch that holds a rank, the events before it, and those in it."""
    before = 0
    for bucket, inside in counts:
        if rank < before + inside:
            return bucket, before, inside
        before += inside
    raise AssertionError("a rank lies beyond the events counted")  # pragma: no cover
