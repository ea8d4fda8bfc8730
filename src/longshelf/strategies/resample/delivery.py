"""What resamplers share: reading the rows, and turning a library's outcome into ``Resampled``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError, NotApplicable
from longshelf.tables import IntArray, Matrix, Resampled, Rows, Targets

__all__ = [
    "able",
    "asked",
    "codes",
    "delivered",
    "duplicates",
    "features",
    "seed",
    "topped_up",
    "validate_floor",
    "validate_neighbours",
]


def codes(rows: Rows, name: str) -> IntArray:
    """The one target of each row, (n,).

    Raises
    ------
    NotApplicable
        If rows have several targets.
    """
    if sp.issparse(rows.code):
        raise NotApplicable(f"{name} needs one target per row; these rows have several")
    return np.asarray(rows.code)


def features(X: Matrix, rows: Rows, name: str) -> Matrix:
    """Features that distances and mixtures mean something on.

    Raises
    ------
    NotApplicable
        If rows are ids or tokens, or the label is a value.
    """
    if not np.issubdtype(X.dtype, np.floating):
        raise NotApplicable(
            f"{name} needs fixed numeric features; ids and tokens have no distances"
        )
    if np.issubdtype(rows.y.dtype, np.floating):
        raise NotApplicable(f"{name} makes rows of a class; these rows have a value")
    return X


def seed(rng: np.random.Generator) -> int:
    """The seed handed to the library."""
    return int(rng.integers(2**31 - 1))


def asked(goal: Mapping[int, int], targets: Targets) -> dict[str, int]:
    """Counts by target name, for the report."""
    return {str(targets.names[c]): n for c, n in goal.items()}


def validate_floor(name: str, to: int | str, words: tuple[str, ...] = ("balance",)) -> None:
    """Refuse a floor that is neither a positive count nor one of the words."""
    if to not in words and not (isinstance(to, int) and to > 0):
        raise InputError(f"{name}'s `to` is a positive count or {' or '.join(words)}, got {to!r}")


def duplicates(code: IntArray, goal: Mapping[int, int], rng: np.random.Generator) -> IntArray:
    """Positions to repeat so that each target reaches its goal, by imbalanced-learn; (m,)."""
    from imblearn.over_sampling import RandomOverSampler

    counts = np.bincount(code)
    short = {c: n for c, n in goal.items() if n > counts[c]}
    if not short or np.count_nonzero(counts) < 2:
        return np.concatenate(
            [np.zeros(0, dtype=np.int64)]
            + [rng.choice(np.flatnonzero(code == c), n - counts[c]) for c, n in short.items()]
        )
    sampler = RandomOverSampler(sampling_strategy=short, random_state=seed(rng))
    sampler.fit_resample(np.arange(len(code))[:, None], code)
    return np.asarray(sampler.sample_indices_[len(code) :])


def delivered(sampler: Any, X: Matrix, code: IntArray) -> Resampled:
    """Run a library's sampler and tell kept rows from made-up ones."""
    made_X, made_code = sampler.fit_resample(X, code)
    if hasattr(sampler, "sample_indices_"):
        return Resampled(np.asarray(sampler.sample_indices_))
    n, size = len(code), len(made_code)
    cleaner = getattr(sampler, "tomek_", None) or getattr(sampler, "enn_", None)
    if cleaner is not None:
        index = np.asarray(cleaner.sample_indices_)
    elif size >= n and _equal(made_X[:n], X):
        index = np.arange(size)
    else:
        index = np.full(size, n)
    made = index >= n
    if not made.any():
        return Resampled(index)
    return Resampled(index[~made], made_X[made], made_code[made])


def _equal(left: Matrix, right: Matrix) -> bool:
    if sp.issparse(left):
        return left.shape == right.shape and bool((left != right).nnz == 0)
    return bool(np.array_equal(left, right))


def able(code: IntArray, goal: Mapping[int, int], k: int) -> dict[int, int]:
    """Goals of the targets that are short of rows and have more than k to make them from."""
    counts = np.bincount(code)
    if np.count_nonzero(counts) < 2:
        return {}
    return {c: n for c, n in goal.items() if n > counts[c] > k}


def topped_up(
    done: Resampled,
    code: IntArray,
    goal: Mapping[int, int],
    targets: Targets,
    rng: np.random.Generator,
    said: Mapping[int, int] | None = None,
) -> Resampled:
    """Repeat observed rows of the targets that are still under their goal.

    ``said`` is the goal to report, where it is wider than what is topped up.
    """
    made = np.bincount(done.synthetic_code, minlength=len(targets))
    left = {c: n - int(made[c]) for c, n in goal.items()}
    extra = duplicates(code, left, rng)
    kept = np.concatenate([done.kept, extra])
    return Resampled(
        kept, done.synthetic_X, done.synthetic_code, asked(goal if said is None else said, targets)
    )


def validate_neighbours(name: str, k: int) -> None:
    """Refuse a number of neighbours below 1."""
    if k < 1:
        raise InputError(f"{name} needs at least 1 neighbour, got {k}")
