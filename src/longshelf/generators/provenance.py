"""The columns that say which rows of a table were generated, by what and from which rows."""

from __future__ import annotations

import numpy as np
import polars as pl

from longshelf.tables import BoolArray

__all__ = [
    "GENERATOR",
    "OBSERVED",
    "ORIGIN",
    "SCORE",
    "SEED",
    "SOURCES",
    "generated",
    "provenance",
]

ORIGIN, GENERATOR, SEED, SOURCES = "origin", "generator", "generator_seed", "source_rows"
OBSERVED = "observed"
SCORE = "score_"


def generated(frame: pl.DataFrame) -> BoolArray:
    """Which rows were generated: what their column ``origin`` says; (n,).

    The column is read so where it holds nothing but ``observed``, names of generators and missing
    values, or where a column ``generator`` stands beside it. Another column of that name, such as a
    country of origin, is an ordinary one.

    Examples
    --------
    >>> generated(pl.DataFrame({"origin": ["observed", "eda", None]})).tolist()
    [False, True, False]
    >>> generated(pl.DataFrame({"origin": ["China", "India", None]})).tolist()
    [False, False, False]
    """
    if not _told(frame):
        return np.zeros(frame.height, dtype=bool)
    said = frame[ORIGIN].cast(pl.String).fill_null(OBSERVED)
    return np.asarray((said != OBSERVED).to_numpy(), dtype=bool)


def provenance(frame: pl.DataFrame) -> list[str]:
    """The columns of a table that tell where its rows come from; no model should read them."""
    if not _told(frame):
        return []
    known = {ORIGIN, GENERATOR, SEED, SOURCES}
    return [name for name in frame.columns if name in known or name.startswith(SCORE)]


def _told(frame: pl.DataFrame) -> bool:
    """Whether the column ``origin`` is one of ours."""
    if ORIGIN not in frame.columns:
        return False
    if GENERATOR in frame.columns:
        return True
    from longshelf.components import known, snake

    names = {OBSERVED, *map(snake, known("generator"))}
    said = frame[ORIGIN].drop_nulls()
    return said.dtype == pl.String and len(said) > 0 and bool(said.is_in(list(names)).all())
