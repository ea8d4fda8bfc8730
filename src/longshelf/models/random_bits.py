"""Random numbers for masks, and the masks, by loops that a processor does many steps of at once."""

from __future__ import annotations

import numpy as np
import torch

from longshelf.compiled import compiled
from longshelf.tables import FloatArray, IntArray

__all__ = ["choose", "draws", "fill"]


def draws(count: int) -> IntArray:
    """Numbers from 0 to 65,535, each as likely; torch's generator says where they start."""
    words = np.empty(-(-count // 4), np.uint64)
    fill(words, int(torch.empty((), dtype=torch.int64).random_()))
    found: IntArray = words.view(np.uint16)[:count]
    return found


@compiled
def fill(words: IntArray, seed: int) -> None:
    """SplitMix64 [1]_ from a seed: each word from its place alone, so all at once.

    Parameters
    ----------
    words : (n,) uint64 array
        Is written.
    seed : int
        At least 0.

    References
    ----------
    .. [1] Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014,
       figure 16.
    """
    for at in range(len(words)):
        z = np.uint64(seed) + np.uint64(at + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        words[at] = z ^ (z >> np.uint64(31))


@compiled
def choose(kept: FloatArray, drawn: IntArray, cut: int, boost: float) -> None:
    """0 where a number lies below ``cut``, else ``boost``."""
    zero, one = kept.dtype.type(0), kept.dtype.type(boost)
    least = drawn.dtype.type(cut)
    for at in range(len(kept)):
        kept[at] = one if drawn[at] >= least else zero
