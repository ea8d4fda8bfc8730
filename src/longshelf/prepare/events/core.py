"""The k-core: the largest part of a log where every user and every item has k events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from longshelf.prepare.events.engine import Engine

__all__ = ["Core", "k_core"]

_REWRITE = 0.25
"""Events that a half pass may drop before the survivors are written anew, as a share."""


@dataclass(frozen=True)
class Core:
    """What a k-core leaves.

    Parameters
    ----------
    events : table
        The survivors, as an expression.
    users, items : table of id and ``n``
        The survivors and the events each has, as expressions.
    rows : int
        Events that survive.
    before, after : tuple of int
        Users and items, before and after.
    passes : tuple of int
        Events that each pass dropped; a pass looks at the items once, then at the users once.
    """

    events: Table
    users: Table
    items: Table
    rows: int
    before: tuple[int, int]
    after: tuple[int, int]
    passes: tuple[int, ...]


@dataclass
class _Side:
    """Users or items: what each has at the start, has lost since, and which are gone."""

    column: str
    counts: Table
    lost: Table | None = None
    gone: Table | None = None
    checked: bool = False

    def failing(self, k: int) -> Table:
        """Those that have too few, and their events; after the first time, who lost some is asked."""
        if self.checked and self.lost is not None:
            now = self.counts.inner_join(self.lost, self.column)
            now = now.select(self.column, n=now.n - now.less)
            now = now if self.gone is None else now.anti_join(self.gone, self.column)
        else:
            now = self.alive()
        return now.filter(now.n < k)

    def alive(self) -> Table:
        """Those that remain, and how many events they have."""
        table = self.counts
        if self.lost is not None:
            joined = table.left_join(self.lost, self.column)
            table = joined.select(self.column, n=joined.n - joined.less.fill_null(0))
        return table if self.gone is None else table.anti_join(self.gone, self.column)


class _Peeling:
    """Counts once, then looks only at what each half pass takes away.

    The events are counted by user and by item one time. A half pass finds the items with too few,
    and one scan, filtered by these few items, says what their users lose. So a pass costs two
    filtered scans, and nothing is written, whatever is left. Where a half pass would drop a quarter
    of the events or more, the survivors are written and counted anew instead: what follows scans
    only them. Which of the two is taken changes no result.
    """

    def __init__(self, engine: Engine, events: Table) -> None:
        self.engine = engine
        self.written: Table | None = None
        self.count(events)

    def count(self, events: Table) -> None:
        self.events = events
        self.user, self.item = (
            _Side(column, self.engine.keep(events.group_by(column).agg(n=events.count()), column))
            for column in ("user", "item")
        )

    def survivors(self) -> Table:
        events = self.events
        for side in (self.item, self.user):
            if side.gone is not None:
                events = events.anti_join(side.gone, side.column)
        return events

    def half(self, side: _Side, other: _Side, k: int, rows: int) -> int:
        """Drop those of one side that have too few; how many events went."""
        new = self.engine.keep(side.failing(k), f"few_{side.column}s")
        side.checked = True
        number, most = self.engine.rows(new.agg(number=new.count(), most=new.n.sum()))[0]
        if not number:
            return 0
        before = side.gone
        gone = new.select(side.column)
        side.gone = gone if before is None else self.engine.keep(before.union(gone), "gone")
        if most >= _REWRITE * rows:
            self.rewrite()
            return int(most)
        hit = self.events.semi_join(gone, side.column)
        if other.gone is not None:
            hit = hit.anti_join(other.gone, other.column)
        less = hit.group_by(other.column).agg(less=hit.count())
        if other.lost is not None:
            both = less.union(other.lost)
            less = both.group_by(other.column).agg(less=both.less.sum())
        other.lost = self.engine.keep(less, "less")
        return int(most)

    def rewrite(self) -> None:
        before, self.written = self.written, self.engine.keep(self.survivors(), "survivors")
        self.count(self.written)
        if before is not None:
            self.engine.forget(before)


def k_core(engine: Engine, events: Table, k: int, rows: int) -> Core:
    """Drop items, then users, of fewer than ``k`` events, until none is left to drop.

    The result is the same in whatever order one drops [1]_; the passes are those of this order.

    Parameters
    ----------
    engine : Engine
        Where it runs.
    events : table of user, item, time
        Scanned several times: keep it first where that is dear.
    k : int
        1 counts and drops nothing.
    rows : int
        Events in the table.

    References
    ----------
    .. [1] Batagelj, Zaversnik, An O(m) Algorithm for Cores Decomposition of Networks,
       arXiv:cs/0310049, section 2.
    """
    state = _Peeling(engine, events)
    before = _sizes(engine, state)
    passes: list[int] = []
    while rows and k > 1:
        dropped = 0
        for column in ("item", "user"):
            side, other = getattr(state, column), state.user if column == "item" else state.item
            gone = state.half(side, other, k, rows)
            rows, dropped = rows - gone, dropped + gone
        if not dropped:
            break
        passes.append(dropped)
    users, items = state.user.alive(), state.item.alive()
    return Core(state.survivors(), users, items, rows, before, _sizes(engine, state), tuple(passes))


def _sizes(engine: Engine, state: _Peeling) -> tuple[int, int]:
    sides = [side.alive() for side in (state.user, state.item)]
    users, items = (int(engine.rows(side.agg(n=side.count()))[0][0]) for side in sides)
    return users, items
