"""A few written texts to look at, beside the real ones, with what they name marked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.prepare.mentions import Mention, Mentions
from longshelf.tables import IntArray
from longshelf.tasks.base import Parts

__all__ = ["EACH", "marks", "samples"]

EACH = 12
"""Rows kept of each slice."""


def samples(texts: NDArray[np.str_], parts: Parts) -> pl.DataFrame:
    """The same rows for every writer: of each slice a dozen, of different categories first.

    Parameters
    ----------
    texts : (n,) str array
        Written for the test rows.
    parts : Parts
        Posed by the task ``generate``.

    Returns
    -------
    polars.DataFrame
        rank, category, slice, count (training texts of the category), asked, real, text,
        real_marks, marks; the last two and ``asked`` are JSON.
    """
    test, targets = parts.test, parts.targets
    code = np.asarray(test.code)
    chosen = _chosen(code, parts)
    inputs = test.inputs[chosen]
    levels = {
        name: kind.categories.to_list()
        for name, kind in inputs.schema.items()
        if isinstance(kind, pl.Enum)
    }
    mentions = Mentions(levels)
    asked = [{k: v for k, v in row.items() if v} for row in inputs.iter_rows(named=True)]
    real, written = (side[chosen].tolist() for side in (test.y, texts))
    names = np.array(["head", "torso", "tail"])
    columns = {
        "rank": np.arange(len(chosen)),
        "category": targets.names[code[chosen]],
        "slice": names[parts.slices.of[code[chosen]]],
        "count": targets.natural[code[chosen]].astype(np.int64),
        "asked": [_dense({k: v for k, v in one.items() if k != "category"}) for one in asked],
        "real": real,
        "text": written,
        "real_marks": [_marked(text, one, mentions) for text, one in zip(real, asked, strict=True)],
        "marks": [_marked(text, one, mentions) for text, one in zip(written, asked, strict=True)],
    }
    return pl.DataFrame(columns)


def _chosen(code: IntArray, parts: Parts) -> IntArray:
    """Rows by slice; in each, one of every category in turn, drawn once for all writers."""
    order = np.random.default_rng(0).permutation(len(code))
    drawn = code[order]
    turn = np.zeros(len(code), dtype=np.int64)
    for category in np.unique(drawn):
        own = drawn == category
        turn[own] = np.arange(own.sum())
    shelf = parts.slices.of[drawn]
    kept = [order[shelf == s][np.argsort(turn[shelf == s], kind="stable")][:EACH] for s in range(3)]
    return np.concatenate(kept)


def marks(asked: Mapping[str, str], found: Sequence[Mention]) -> list[tuple[int, int, int]]:
    """Start, end, and whether the value named there was asked for; without overlap, longest first.

    Examples
    --------
    >>> mentions = Mentions({"colour": ["Red", "Blue"]})
    >>> marks({"colour": "Red"}, mentions.of("red, not blue"))
    [(0, 3, 1), (9, 13, 0)]
    """
    told = [(m.start, m.end, int(asked.get(m.attribute) in m.values)) for m in found]
    told = [mark for mark, m in zip(told, found, strict=True) if m.attribute in asked]
    kept: list[tuple[int, int, int]] = []
    for start, end, own in sorted(told, key=lambda mark: (-mark[2], mark[0] - mark[1])):
        if all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, own))
    return sorted(kept)


def _marked(text: str, asked: Mapping[str, str], mentions: Mentions) -> str:
    return _dense(marks(asked, mentions.of(text)))


def _dense(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
