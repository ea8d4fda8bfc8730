"""Corrections of scores on lists."""

from __future__ import annotations

import numpy as np

from longshelf.corrections import Correction
from longshelf.errors import NotApplicable
from longshelf.strategies.rerank.greedy import in_blocks, sorted_by
from longshelf.tables import FloatArray, Ranking, Targets

__all__ = ["corrected"]


def corrected(ranking: Ranking, correction: Correction, targets: Targets) -> Ranking:
    """Lists by their corrected scores: what stands beyond the kept candidates stays there.

    Raises
    ------
    NotApplicable
        If the correction decides by costs.

    Examples
    --------
    >>> targets = Targets(names=np.array(["a", "b", "c"]), kind="item")
    >>> ranking = Ranking(
    ...     sources=np.arange(1), ids=np.array([[2, 0, -1]]), scores=np.array([[2.0, 1.0, -np.inf]])
    ... )
    >>> corrected(ranking, Correction(shift=np.array([3.0, 0.0, 0.0])), targets).ids.tolist()
    [[0, 2, -1]]
    """
    if correction.costs is not None:
        raise NotApplicable("a matrix of costs decides between classes; lists decide nothing")
    scale: FloatArray = np.broadcast_to(correction.scale, len(targets))
    shift: FloatArray = np.broadcast_to(correction.shift, len(targets))

    def work(part: Ranking) -> Ranking:
        ids = np.maximum(part.ids, 0)
        return sorted_by(part, part.scores * scale[ids] + shift[ids])

    return in_blocks(ranking, work)
