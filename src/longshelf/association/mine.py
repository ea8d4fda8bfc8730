"""Mine rules from baskets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.association.baskets import Baskets
from longshelf.association.measures import MEASURES, measures
from longshelf.errors import InputError, missing_extra, unknown
from longshelf.tables import FloatArray

__all__ = ["mine"]

Rule = tuple[tuple[int, ...], tuple[int, ...]]


def mine(
    baskets: Baskets,
    *,
    support: float = 0.001,
    confidence: float = 0.0,
    longest: int = 2,
    by: str = "lift",
    level: float = 0.95,
) -> pl.DataFrame:
    """Rules A → B that enough baskets hold, the strongest first.

    Pairs are counted by one sparse product; longer sets of items come from FP-Growth [1]_, by
    ``mlxtend``. The measures are computed here, with intervals over baskets.

    Parameters
    ----------
    baskets : Baskets
        From :func:`~longshelf.association.baskets.baskets_of`.
    support : float in (0, 1], default 0.001
        Least share of the baskets that hold both sides.
    confidence : float in [0, 1], default 0.0
        Least share of the baskets with A that hold B.
    longest : int >= 2, default 2
        Most items of both sides together.
    by : str, default "lift"
        The measure that orders the rules; equal ones by support, then by name.
    level : float in (0, 1), default 0.95
        Coverage of the intervals.

    Returns
    -------
    polars.DataFrame
        antecedent, consequent (lists of names), baskets, and every measure with ``_low`` and
        ``_high``.

    Raises
    ------
    InputError
        If an argument is out of its bounds.
    Unavailable
        If ``longest`` is above 2 and ``mlxtend`` is not installed.

    References
    ----------
    .. [1] Han et al., Mining Frequent Patterns without Candidate Generation, SIGMOD 2000.

    Examples
    --------
    >>> lines = sp.csr_matrix(np.array([[1, 1], [1, 1], [1, 0], [0, 0]], dtype=bool))
    >>> found = mine(Baskets(lines, np.array(["bread", "butter"])))
    >>> found.select("antecedent", "confidence").rows()
    [(['bread'], 0.6666666666666666), (['butter'], 1.0)]
    """
    if not (0 < support <= 1 and 0 <= confidence <= 1 and longest >= 2 and 0 < level < 1):
        raise InputError(
            "mine needs support in (0, 1], confidence in [0, 1], longest from 2 and level in "
            f"(0, 1), got {support}, {confidence}, {longest} and {level}"
        )
    if by not in MEASURES:
        raise unknown("measure", by, MEASURES)
    counts = _pairs(baskets, support) if longest == 2 else _sets(baskets, support, longest)
    rules = list(_rules(counts))
    both, first, second = (
        np.array([counts[side] for side in sides], dtype=float)
        for sides in (
            [tuple(sorted((*a, *b))) for a, b in rules],
            [a for a, _ in rules],
            [b for _, b in rules],
        )
    )
    found = measures(both, first, second, float(max(len(baskets), 1)), level)
    return _table(baskets, rules, both, found).filter(pl.col("confidence") >= confidence).sort(
        by, "support", "antecedent", "consequent", descending=[True, True, False, False],
        nulls_last=True,
    )  # fmt: skip


def _pairs(baskets: Baskets, support: float) -> dict[tuple[int, ...], float]:
    """Baskets of every item, and of every frequent pair."""
    held = baskets.matrix.astype(np.int64)
    alone = np.asarray(held.sum(axis=0)).ravel()
    least = support * len(baskets) * (1 - 1e-12)
    often = np.flatnonzero(alone >= max(least, 1))
    kept = held[:, often]
    together = sp.triu(kept.T @ kept, k=1).tocoo()
    enough = together.data >= least
    counts: dict[tuple[int, ...], float] = {(int(i),): float(alone[i]) for i in often}
    pairs = zip(together.row[enough], together.col[enough], together.data[enough], strict=True)
    counts |= {(int(often[i]), int(often[j])): float(count) for i, j, count in pairs}
    return counts


def _sets(baskets: Baskets, support: float, longest: int) -> dict[tuple[int, ...], float]:
    """Baskets of every frequent set of items."""
    try:
        import pandas as pd
        from mlxtend.frequent_patterns import fpgrowth
    except ImportError as error:
        raise missing_extra("mlxtend", "rank", "rules of more than two items") from error
    frame = pd.DataFrame.sparse.from_spmatrix(baskets.matrix)
    found = fpgrowth(frame, min_support=support, max_len=longest)
    sets: Any = zip(found["itemsets"], found["support"], strict=True)
    return {tuple(sorted(map(int, items))): round(share * len(baskets)) for items, share in sets}


def _rules(counts: dict[tuple[int, ...], float]) -> Iterator[Rule]:
    """Every way to part a set of items in two."""
    for items in counts:
        for size in range(1, len(items)):
            for first in combinations(items, size):
                yield first, tuple(item for item in items if item not in first)


def _table(baskets: Baskets, rules: list[Rule], both: FloatArray, found: Any) -> pl.DataFrame:
    named = baskets.names.tolist()
    sides = {
        name: pl.Series([[named[i] for i in rule[k]] for rule in rules], dtype=pl.List(pl.String))
        for k, name in enumerate(("antecedent", "consequent"))
    }
    columns = [name + end for name in MEASURES for end in ("", "_low", "_high")]
    values = {name: found[name] for name in columns}
    return pl.DataFrame({**sides, "baskets": both.astype(np.int64), **values})
