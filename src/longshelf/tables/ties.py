"""Who goes first among equal scores: a hash of the source and the target, never the catalogue."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["source_keys", "tie_rank"]

GOLDEN = 0x9E3779B97F4A7C15


def source_keys(sources: ArrayLike, seed: int = 0) -> NDArray[np.uint32]:
    """One number per source from which its order of equal targets follows.

    Parameters
    ----------
    sources : (u,) int array
        Codes of the sources.
    seed : int, default 0
        Another seed, another order.

    Returns
    -------
    (u,) uint32 array
        The upper half of SplitMix64 [1]_ of seed and source.

    References
    ----------
    .. [1] Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.

    Examples
    --------
    >>> len(set(source_keys(np.arange(1000)).tolist())) > 990
    True
    """
    start = (seed * GOLDEN + GOLDEN) % 2**64
    x = np.asarray(sources).astype(np.int64).view(np.uint64) * np.uint64(GOLDEN) + np.uint64(start)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((x ^ (x >> np.uint64(31))) >> np.uint64(32)).astype(np.uint32)


def tie_rank(keys: NDArray[np.uint32], targets: ArrayLike) -> NDArray[np.uint32]:
    """Where a target stands among those that score the same for one source: smaller is earlier.

    Parameters
    ----------
    keys : uint32 array
        :func:`source_keys` of the source of each target.
    targets : int array
        Codes under 2**32; of any shape that broadcasts with ``keys``.

    Returns
    -------
    uint32 array
        For one key a permutation, so two targets never share a place.

    References
    ----------
    .. [1] Appleby, MurmurHash3, the 32-bit finaliser.

    Examples
    --------
    >>> len(np.unique(tie_rank(source_keys([7]), np.arange(100_000))))
    100000
    """
    x = np.asarray(targets).astype(np.uint32) * np.uint32(0x9E3779B1) + keys
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return np.asarray(x)
