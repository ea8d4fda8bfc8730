"""Weights as whole numbers of eight bits, with a scale for every output."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from longshelf.tables import FloatArray

__all__ = ["dequantised", "quantised"]


def quantised(weight: FloatArray, axis: int) -> tuple[NDArray[np.int8], FloatArray]:
    """Symmetric codes and scales: ``weight ≈ codes * scale``, a scale per output channel.

    The largest absolute weight of a channel becomes 127 [1]_, so no weight is moved by more than
    half a scale.

    Parameters
    ----------
    weight : (a, b) float array
        Of a linear layer.
    axis : int
        Along which the outputs are counted.

    References
    ----------
    .. [1] Krishnamoorthi, Quantizing deep convolutional networks for efficient inference, 2018,
       arXiv:1806.08342, section 2.2 and 3.1.2.

    Examples
    --------
    >>> codes, scale = quantised(np.array([[1.27, -0.5], [0.0, 0.0]]), axis=0)
    >>> codes.tolist(), scale.round(4).tolist()
    ([[127, -50], [0, 0]], [[0.01], [1.0]])
    """
    largest = np.abs(weight).max(axis=1 - axis, keepdims=True)
    scale = np.where(largest > 0, largest / 127, 1).astype(weight.dtype)
    return np.rint(weight / scale).astype(np.int8), scale


def dequantised(codes: NDArray[np.int8], scale: FloatArray) -> Any:
    """The weights the codes stand for, in the type of the scales."""
    return codes.astype(scale.dtype) * scale
