"""The service's table of events, as trials and monitoring read it."""

from __future__ import annotations

import polars as pl

from longshelf.errors import InputError, unknown

__all__ = ["COLUMNS", "checked"]

COLUMNS = {
    "event": pl.String, "time": pl.Float64, "kind": pl.String, "request": pl.String,
    "user": pl.String, "item": pl.String, "position": pl.Int64, "slice": pl.String,
    "trial": pl.String, "arm": pl.String, "propensity": pl.Float64, "score": pl.Float64,
    "surface": pl.String, "group": pl.String,
}  # fmt: skip
"""The events that trials and monitoring read: a row per item shown or acted on."""

MISSING: dict[type[pl.DataType], str | float] = {pl.String: "", pl.Float64: float("nan")}
ACTS = {"impression": "shown", "click": "clicks", "cart": "carts", "purchase": "purchases"}
SLICES = ("head", "torso", "tail")


def checked(events: pl.DataFrame) -> pl.DataFrame:
    """Events in the columns of :data:`COLUMNS`, repeats of an event left out, in order of time.

    Raises
    ------
    InputError
        A column is missing or of another kind, or an event is of an unknown kind.
    """
    missing = [name for name in COLUMNS if name not in events.columns]
    if missing:
        raise InputError(
            f"events lack {', '.join(missing)}; wanted the table the service writes: "
            f"{', '.join(COLUMNS)}"
        )
    try:
        table = events.select(
            pl.col(name).cast(kind).fill_null(MISSING.get(kind)) if kind in MISSING
            else pl.col(name).cast(kind)
            for name, kind in COLUMNS.items()
        )  # fmt: skip
    except pl.exceptions.PolarsError as error:
        raise InputError(f"events hold values of another kind: {error}") from error
    strange = set(table["kind"].unique()) - set(ACTS)
    if strange:
        raise unknown("kind of event", sorted(map(str, strange))[0], ACTS)
    return table.unique("event", keep="first", maintain_order=True).sort(
        "time", maintain_order=True
    )
