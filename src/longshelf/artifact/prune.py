"""Small weights left out."""

from __future__ import annotations

import numpy as np

from longshelf.tables import FloatArray

__all__ = ["pruned"]


def pruned(weight: FloatArray, share: float) -> FloatArray:
    """The weights, those of smallest size set to 0 [1]_.

    Parameters
    ----------
    weight : float array
        Of one layer.
    share : float in [0, 1)
        Of the weights that go.

    References
    ----------
    .. [1] Han et al., Learning both Weights and Connections for Efficient Neural Networks,
       NeurIPS 2015, arXiv:1506.02626, section 3; here without training again.

    Examples
    --------
    >>> pruned(np.array([[3.0, -0.1], [0.2, -2.0]]), 0.5).tolist()
    [[3.0, 0.0], [0.0, -2.0]]
    """
    count = int(share * weight.size)
    kept = weight.copy()
    if count:
        smallest = np.argpartition(np.abs(weight), count - 1, axis=None)[:count]
        kept[np.unravel_index(smallest, weight.shape)] = 0
    return kept
