"""Rows that repeat, and equal inputs that disagree."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from longshelf.validation import View

__all__ = ["Repeats", "repeats"]


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """Rows that are the same thing: by :attr:`View.keys`, equal text, or whole rows without text.

    Parameters
    ----------
    rows : int
        Labelled rows.
    shared : int
        Rows whose inputs another row has too.
    contradicting : int
        Rows whose inputs another row has with another label; 0 without text.
    ceiling : float in (0, 1]
        The accuracy no predictor can exceed on these rows.
    """

    rows: int
    shared: int
    contradicting: int
    ceiling: float


def repeats(view: View) -> Repeats | None:
    """Count repeats among labelled rows; None where the schema names no input.

    Parameters
    ----------
    view : View
        The data and their label.
    """
    if not view.dataset.schema.inputs:
        return None
    frame = pl.DataFrame({"key": view.keys, "label": view.labels}).drop_nulls("label")
    rows, frame = frame.height, frame.drop_nulls("key")
    by_label = frame.group_by("key", "label").len()
    by_key = by_label.group_by("key").agg(
        rows=pl.col("len").sum(), best=pl.col("len").max(), labels=pl.len()
    )
    torn = pl.col("labels") > 1
    shared, contradicting, best = by_key.select(
        pl.col("rows").filter(pl.col("rows") > 1).sum(),
        pl.col("rows").filter(torn).sum().alias("contradicting"),
        pl.col("best").sum(),
    ).row(0)
    return Repeats(
        rows=rows,
        shared=int(shared),
        contradicting=int(contradicting),
        ceiling=1 - (frame.height - int(best)) / max(rows, 1),
    )
