"""Texts drawn from a language model, many prompts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from longshelf.errors import InputError
from longshelf.language.causal_lm import CausalLm, Read
from longshelf.tables import FloatArray, IntArray

__all__ = ["Written", "continued", "drawn_tokens", "write"]

LIKELIEST = 512
"""Tokens sorted of a row whose nucleus they hold; of others, all are."""


class Written(NamedTuple):
    """A text, the log probability of its tokens, and how many they are, the end included."""

    text: str
    log_likelihood: float
    tokens: int


def write(
    lm: CausalLm,
    prompts: Sequence[list[int]],
    rng: np.random.Generator,
    *,
    most: int = 32,
    temperature: float = 1.0,
    nucleus: float = 1.0,
    stop: str = "\n",
) -> list[Written]:
    """Continue each prompt until its end, or until it says ``stop``.

    Every prompt has random numbers of its own, so a text does not depend on what is written beside
    it. The log probability is the model's own, whatever the temperature.

    Parameters
    ----------
    lm : CausalLm
        Who writes.
    prompts : n sequences of tokens
        None is empty.
    rng : numpy.random.Generator
        Asked for n times ``most`` numbers.
    most : int >= 1, default 32
        Tokens written, at most.
    temperature : float >= 0, default 1.0
        Scores are divided by it; 0 takes the likeliest token.
    nucleus : float in (0, 1], default 1.0
        Only the likeliest tokens that together hold this probability are drawn from [1]_.
    stop : str, default "\\\\n"
        Ends a text and is no part of it; empty stops at the model's own end alone.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020,
       arXiv:1904.09751, section 3.1.
    """
    if most < 1 or temperature < 0 or not 0 < nucleus <= 1:
        raise InputError(
            "writing needs most of 1 or more, temperature of 0 or more and nucleus in (0, 1], got "
            f"most={most}, temperature={temperature}, nucleus={nucleus}"
        )
    chance = rng.random((len(prompts), most))
    found = [Written("", 0.0, 0)] * len(prompts)
    for read in lm.read(prompts, most):
        for at, own in zip(
            read.at, _continue(lm, read, chance[read.at], temperature, nucleus, stop), strict=True
        ):
            found[at] = own
    return found


def _continue(
    lm: CausalLm, read: Read, chance: FloatArray, temperature: float, nucleus: float, stop: str
) -> list[Written]:
    end = lm.tokenizer.eos_token_id
    tokens: list[list[int]] = [[] for _ in read.at]
    said, size, open_ = (
        np.zeros(len(read.at)),
        np.zeros(len(read.at), int),
        set(range(len(read.at))),
    )
    for turn in range(chance.shape[1]):
        logs = read.logits.float().log_softmax(-1).cpu().numpy()
        drawn = drawn_tokens(logs, chance[:, turn], temperature, nucleus)
        for row in sorted(open_):
            said[row] += logs[row, drawn[row]]
            size[row] += 1
            if drawn[row] == end:
                open_.discard(row)
                continue
            tokens[row].append(int(drawn[row]))
            if stop and stop in lm.tokenizer.decode(tokens[row]):
                open_.discard(row)
        if not open_ or turn == chance.shape[1] - 1:
            break
        read = continued(lm, read, drawn)
    texts = [lm.tokenizer.decode(row, skip_special_tokens=True) for row in tokens]
    return [
        Written(text.split(stop)[0] if stop else text, float(own), int(n))
        for text, own, n in zip(texts, said, size, strict=True)
    ]


def continued(lm: CausalLm, read: Read, tokens: IntArray) -> Read:
    """What was read, with one more token each."""
    import torch

    column = torch.from_numpy(np.asarray(tokens, np.int64))[:, None].to(read.mask.device)
    mask = torch.cat([read.mask, torch.ones_like(column, dtype=torch.bool)], dim=1)
    logits, cache = lm.step(column, mask, read.length[:, None], read.cache, last=True)
    return Read(read.at, cache, mask, read.length + 1, logits[:, -1])


def drawn_tokens(
    logs: FloatArray, chance: FloatArray, temperature: float, nucleus: float
) -> IntArray:
    """A token per row, by the row's own random number.

    Parameters
    ----------
    logs : (n, V) float array
        Log probabilities.
    chance : (n,) float array in [0, 1)
        Where in the distribution, likeliest token first, to look.
    temperature : float
        As for :func:`write`.
    nucleus : float
        As for :func:`write`.

    Examples
    --------
    >>> half = np.log([[0.25, 0.5, 0.25]])
    >>> drawn_tokens(half, np.array([0.4]), 1.0, 1.0), drawn_tokens(half, np.array([0.9]), 1.0, 0.5)
    (array([1]), array([1]))
    """
    if temperature == 0:
        return np.asarray(logs.argmax(axis=1))
    scaled = logs.astype(np.float64) / temperature
    share = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    if share.shape[1] <= 2 * LIKELIEST or nucleus == 1:
        return _drawn(share, chance, nucleus)
    near = np.sort(np.argpartition(-share, LIKELIEST, axis=1)[:, :LIKELIEST], axis=1)
    own = np.take_along_axis(share, near, 1)
    token = np.take_along_axis(near, _drawn(own, chance, nucleus)[:, None], 1)[:, 0]
    further = np.flatnonzero(own.sum(axis=1) - own.min(axis=1) < nucleus)
    token[further] = _drawn(share[further], chance[further], nucleus)
    return token


def _drawn(share: FloatArray, chance: FloatArray, nucleus: float) -> IntArray:
    """Columns drawn by shares (n, v) of which those within the nucleus are all there."""
    order = np.argsort(-share, axis=1, kind="stable")
    kept = np.take_along_axis(share, order, 1)
    kept[np.cumsum(kept, axis=1) - kept >= nucleus - 1e-9] = 0
    reached = np.cumsum(kept, axis=1)
    place = (reached <= chance[:, None] * reached[:, -1:]).sum(axis=1)
    return np.take_along_axis(order, np.minimum(place, share.shape[1] - 1)[:, None], 1)[:, 0]
