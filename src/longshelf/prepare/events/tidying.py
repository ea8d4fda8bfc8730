"""Repeats, visits, and ids as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from longshelf.prepare.events.engine import Engine

__all__ = ["REPEATS", "distinct", "numbered", "sessions"]

REPEATS = ("event", "pair", "keep")


def distinct(events: Table, repeats: str) -> Table:
    """Each event once.

    ``event`` drops a row whose user, item and time were there before, as a client that fires twice
    makes it. ``pair`` keeps the first event of a user with an item. ``keep`` keeps all.
    """
    if repeats == "event":
        return events.distinct()
    if repeats == "pair":
        return events.group_by("user", "item").agg(time=events.time.min())
    return events


def sessions(events: Table, gap: int) -> Table:
    """Number the visits of each user from 0: one ends where ``gap`` microseconds pass idle."""
    order = {"group_by": events.user, "order_by": [events.time, events.item]}
    before = events.time.lag().over(ibis.window(**order))
    begun = events.mutate(begins=(events.time - before > gap).fill_null(False).cast("int64"))
    running = ibis.window(
        group_by=begun.user, order_by=[begun.time, begun.item], preceding=None, following=0
    )
    visit = begun.begins.sum().over(running).cast("int32")
    return begun.mutate(session=visit).drop("begins")


def numbered(engine: Engine, events: Table, column: str) -> Table:
    """Number the ids of a column in their order, so that everything later runs on integers.

    A table of the column (its number, from 0) and ``id``, kept by the engine.
    """
    ids = events.select(id=events[column]).distinct()
    number = ibis.row_number().over(order_by=ids.id).cast("int64")
    return engine.keep(ids.select(number.name(column), "id"), f"{column}_ids")
