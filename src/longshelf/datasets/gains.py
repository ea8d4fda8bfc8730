"""What a graded label is worth: named maps from labels to gains."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from longshelf.errors import InputError

__all__ = ["graded"]


def graded(labels: pl.Series, gains: Mapping[str, float]) -> pl.Series:
    """The gain of each label, as the column ``grade``.

    Parameters
    ----------
    labels : polars.Series
        Labels as their publisher writes them.
    gains : mapping of str to float
        The worth of every label, 0 for irrelevant.

    Raises
    ------
    InputError
        A label the map does not know.

    Examples
    --------
    >>> graded(pl.Series(["Exact", "Partial"]), {"Exact": 2.0, "Partial": 1.0}).to_list()
    [2.0, 1.0]
    """
    strange = sorted(set(labels.unique().to_list()) - set(gains), key=str)
    if strange:
        raise InputError(
            f"labels {', '.join(map(repr, strange[:5]))} have no gain; known: {', '.join(gains)}"
        )
    return labels.replace_strict(gains, return_dtype=pl.Float64).alias("grade")
