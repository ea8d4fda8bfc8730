"""What is written: interactions in integer codes, and what the codes stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from longshelf.prepare.events.parts import PARTS
from longshelf.prepare.events.pseudonyms import pseudonym

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from longshelf.prepare.events.engine import Engine

__all__ = ["catalogue", "dictionary", "interactions"]


def dictionary(
    engine: Engine, counts: Table, column: str, names: Table | None, key: bytes | None = None
) -> Table:
    """Number the users or items that survived from 0, in the order of their ids.

    With a key the order is that of the pseudonyms, so that a code tells nothing of the id.

    Parameters
    ----------
    engine : Engine
        Where it runs.
    counts : table of user or item, and n
        What survived, and its events.
    column : str
        ``user`` or ``item``.
    names : table of user or item, and id, optional
        Where ids are texts that were numbered before.
    key : bytes, optional
        Makes pseudonyms.

    Returns
    -------
    table of user or item, code, id (or pseudonym), events
        Kept by the engine.
    """
    if names is None:
        named = counts.mutate(id=counts[column])
    else:
        named = counts.inner_join(names, column).select(column, "n", "id")
    shown = "id"
    if key is not None:
        shown = "pseudonym"
        named = named.mutate(pseudonym=pseudonym(engine, named.id, key))
    code = ibis.row_number().over(order_by=named[shown]).cast("int32")
    coded = named.select(column, shown, code=code, events=named.n)
    return engine.keep(coded, f"{column}_codes")


def interactions(engine: Engine, events: Table, users: Table, items: Table) -> Table:
    """The events in codes; those of users and items without a code are gone."""
    user = users.select("user", user_code=users.code)
    item = items.select("item", item_code=items.code)
    joined = events.inner_join(user, "user").inner_join(item, "item")
    more = ("session",) if "session" in events.columns else ()
    return joined.select(
        user=joined.user_code,
        item=joined.item_code,
        time=joined.time,
        **{n: joined[n] for n in more},
    )


def catalogue(items: Table, written: Table) -> Table:
    """The items with their popularity in each part; what is seen in training decides the tail."""
    in_part = {
        part: written.count(where=written.part == part)
        for part in PARTS
        if "part" in written.columns
    }
    named = items.select(item=items.code, id=items.id, events=items.events)
    if not in_part:
        return named
    return named.inner_join(written.group_by("item").agg(**in_part), "item")
