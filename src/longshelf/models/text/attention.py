"""Softmax attention with dropout on a processor: one compiled pass forth and one back.

torch has no kernel for it there and takes some thirty steps, over rows padded to the longest.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from longshelf.compiled import compiled, inlined
from longshelf.models.dropout import STEPS
from longshelf.models.random_bits import draws
from longshelf.tables import FloatArray, IntArray

__all__ = ["dropping_attention"]


def dropping_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    starts: IntArray,
    *,
    scale: float,
    p: float,
    causal: bool,
) -> Tensor:
    """Attention of each row to itself, some of its shares dropped [1]_.

    Parameters
    ----------
    query, key, value : (t, h, d) tensor
        Of the tokens of all rows, one row after another; float32 or float64.
    starts : (n + 1,) int array
        First token of each row, and the end.
    scale : float
        Of the products of queries and keys.
    p : float in (0, 1)
        Chance that a share becomes 0; the others are divided by ``1 - p``.
    causal : bool
        No token sees those after it.

    Returns
    -------
    (t, h, d) tensor
        It cannot be differentiated twice.

    References
    ----------
    .. [1] Vaswani et al., Attention Is All You Need, NeurIPS 2017, eq. 1 and section 5.4.

    Examples
    --------
    >>> ones, starts = torch.ones(3, 2, 4), np.array([0, 1, 3])
    >>> dropping_attention(ones, ones, ones, starts, scale=0.5, p=0.001, causal=False).shape
    torch.Size([3, 2, 4])
    """
    apply: Any = _Attention.apply
    found: Tensor = apply(query, key, value, starts, scale, p, causal)
    return found


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, starts: IntArray, scale: float,
        p: float, causal: bool,
    ) -> Tensor:  # fmt: skip
        q, k, v = _flat(query), _flat(key), _flat(value)
        sizes = np.diff(starts)
        pairs = int((sizes * (sizes + 1) // 2 if causal else sizes**2).sum())
        shares = np.empty(pairs * query.shape[1], q.dtype)
        out = np.zeros_like(q)
        heads, cut = query.shape[1], round(p * STEPS)
        _forth(q, k, v, starts, heads, scale, cut, causal, draws(len(shares)), shares, out)
        ctx.told = starts, heads, scale, cut, causal
        ctx.save_for_backward(*map(torch.from_numpy, (q, k, v, shares, out)))
        return torch.from_numpy(out).view(query.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, shares, out = (one.numpy() for one in ctx.saved_tensors)
        dq, dk, dv = np.zeros_like(q), np.zeros_like(q), np.zeros_like(q)
        starts, heads, scale, cut, causal = ctx.told
        _back(q, k, v, starts, heads, scale, cut, causal, shares, out, _flat(slope), dq, dk, dv)
        found = (torch.from_numpy(one).view(slope.shape) for one in (dq, dk, dv))
        return *found, None, None, None, None


def _flat(side: Tensor) -> FloatArray:
    flat: FloatArray = side.reshape(len(side), -1).contiguous().numpy()
    return flat


@inlined
def _dots(
    found: FloatArray, at: int, x: FloatArray, i: int, y: FloatArray, first: int, count: int,
    low: int, width: int,
) -> None:  # fmt: skip
    """Products of one row and each of some others, four at a time."""
    zero = found.dtype.type(0)
    whole = count - count % 4
    for m in range(0, whole, 4):
        j = first + m
        a, b, c, d = zero, zero, zero, zero
        for e in range(width):
            a += x[i, low + e] * y[j, low + e]
            b += x[i, low + e] * y[j + 1, low + e]
            c += x[i, low + e] * y[j + 2, low + e]
            d += x[i, low + e] * y[j + 3, low + e]
        found[at + m], found[at + m + 1] = a, b
        found[at + m + 2], found[at + m + 3] = c, d
    for m in range(whole, count):
        a = zero
        for e in range(width):
            a += x[i, low + e] * y[first + m, low + e]
        found[at + m] = a


@inlined
def _mix(
    x: FloatArray, i: int, share: FloatArray, at: int, step: int, y: FloatArray, first: int,
    count: int, low: int, width: int,
) -> None:  # fmt: skip
    """Add shares of some rows to one row, four at a time; the shares lie ``step`` apart."""
    whole = count - count % 4
    for m in range(0, whole, 4):
        j, p = first + m, at + m * step
        a, b, c, d = share[p], share[p + step], share[p + 2 * step], share[p + 3 * step]
        for e in range(width):
            x[i, low + e] += (
                a * y[j, low + e]
                + b * y[j + 1, low + e]
                + c * y[j + 2, low + e]
                + d * y[j + 3, low + e]
            )
    for m in range(whole, count):
        a = share[at + m * step]
        for e in range(width):
            x[i, low + e] += a * y[first + m, low + e]


@compiled
def _forth(
    q: FloatArray,
    k: FloatArray,
    v: FloatArray,
    starts: IntArray,
    heads: int,
    scale: float,
    cut: int,
    causal: bool,
    drawn: IntArray,
    shares: FloatArray,
    out: FloatArray,
) -> None:
    """Add to ``out``, and write the shares, those that were dropped below 0."""
    number = q.dtype.type
    factor, boost = number(scale), number(STEPS / (STEPS - cut))
    width = q.shape[1] // heads
    kept = np.empty(np.diff(starts).max(), q.dtype)
    at = 0
    for row in range(len(starts) - 1):
        first, last = starts[row], starts[row + 1]
        for head in range(heads):
            low = head * width
            for i in range(first, last):
                seen = (i + 1 if causal else last) - first
                _dots(shares, at, q, i, k, first, seen, low, width)
                top, total = number(-np.inf), number(0)
                for j in range(at, at + seen):
                    shares[j] *= factor
                    top = max(top, shares[j])
                for j in range(at, at + seen):
                    shares[j] = math.exp(shares[j] - top)
                    total += shares[j]
                for j in range(seen):
                    share, dropped = shares[at + j] / total, drawn[at + j] < cut
                    shares[at + j] = -share if dropped else share
                    kept[j] = number(0) if dropped else boost * share
                _mix(out, i, kept, 0, 1, v, first, seen, low, width)
                at += seen


@compiled
def _back(
    q: FloatArray,
    k: FloatArray,
    v: FloatArray,
    starts: IntArray,
    heads: int,
    scale: float,
    cut: int,
    causal: bool,
    shares: FloatArray,
    out: FloatArray,
    slope: FloatArray,
    dq: FloatArray,
    dk: FloatArray,
    dv: FloatArray,
) -> None:
    """Add the slopes of queries, keys and values."""
    number = q.dtype.type
    factor, boost, zero = number(scale), number(STEPS / (STEPS - cut)), number(0)
    width = q.shape[1] // heads
    most = np.diff(starts).max()
    kept, toward = np.empty(most**2, q.dtype), np.empty(most**2, q.dtype)
    at = 0
    for row in range(len(starts) - 1):
        first, n = starts[row], starts[row + 1] - starts[row]
        for head in range(heads):
            low = head * width
            for i in range(n):
                seen, here = i + 1 if causal else n, i * n
                mean = zero
                for e in range(width):
                    mean += slope[first + i, low + e] * out[first + i, low + e]
                _dots(toward, here, slope, first + i, v, first, seen, low, width)
                for j in range(seen):
                    share = shares[at + j]
                    kept[here + j] = boost * max(share, zero)
                    toward[here + j] = factor * (
                        kept[here + j] * toward[here + j] - abs(share) * mean
                    )
                _mix(dq, first + i, toward, here, 1, k, first, seen, low, width)
                at += seen
            for j in range(n):
                skip = j if causal else 0
                here, others = skip * n + j, n - skip
                _mix(dk, first + j, toward, here, n, q, first + skip, others, low, width)
                _mix(dv, first + j, kept, here, n, slope, first + skip, others, low, width)
