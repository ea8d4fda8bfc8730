"""Texts drawn from a small GPT, many at a time."""

from __future__ import annotations

import numpy as np
import torch

from longshelf.errors import InputError
from longshelf.language.gpt_network import Cache
from longshelf.language.small_gpt import TrainedGpt
from longshelf.language.text_tokens import END, PAD
from longshelf.language.writing import drawn_tokens
from longshelf.tables import FloatArray, IntArray

__all__ = ["sample_texts"]

ROWS = 256
"""Texts written side by side."""

BROKEN = "\ufffd"


@torch.inference_mode()
def sample_texts(
    made: TrainedGpt,
    codes: IntArray,
    rng: np.random.Generator,
    *,
    temperature: float = 1.0,
    nucleus: float = 0.9,
) -> list[str]:
    """A text for each row of conditions; empty where none was finished or its bytes are no text.

    Parameters
    ----------
    made : TrainedGpt
        Who writes.
    codes : (n, f) int array
        Level of each condition, -1 where not stated.
    rng : numpy.random.Generator
        Asked for as many numbers as there are tokens to write, so a text does not depend on what is
        written beside it.
    temperature : float > 0, default 1.0
        Below 1 the likely becomes likelier.
    nucleus : float in (0, 1], default 0.9
        Only the likeliest tokens that together hold this probability are drawn [1]_.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020,
       arXiv:1904.09751, section 3.1.
    """
    if temperature <= 0 or not 0 < nucleus <= 1:
        raise InputError(
            "sampling needs a temperature above 0 and a nucleus in (0, 1], got "
            f"{temperature} and {nucleus}"
        )
    made.net.eval()
    chance = rng.random((len(codes), made.recipe.longest))
    texts: list[str] = []
    for start in range(0, len(codes), ROWS):
        rows = slice(start, start + ROWS)
        ids = _written(made, codes[rows], chance[rows], temperature, nucleus)
        texts.extend(made.tokens.decode(ids))
    return ["" if BROKEN in text else text for text in texts]


def _written(
    made: TrainedGpt, codes: IntArray, chance: FloatArray, temperature: float, nucleus: float
) -> list[list[int]]:
    """Tokens of each text without the closing one; none where it did not close."""
    net = made.net
    found: list[list[int]] = [[] for _ in codes]
    open_ = np.arange(len(codes))
    x = net.asked(torch.from_numpy(np.ascontiguousarray(codes)).to(made.device))
    cache: Cache | None = None
    for turn in range(made.recipe.longest):
        hidden, cache = net.read(x, cache)
        scores = net.scores(hidden[:, -1])
        scores[:, [PAD, END] if turn == 0 else [PAD]] = -torch.inf
        logs = scores.log_softmax(-1).cpu().numpy()
        token = drawn_tokens(logs, chance[open_, turn], temperature, nucleus)
        going = np.flatnonzero(token != END)
        if not len(going):
            return found
        if len(going) < len(open_):
            kept = torch.from_numpy(going).to(made.device)
            cache = [(k[kept], v[kept]) for k, v in cache]
            open_, token = open_[going], token[going]
        for row, one in zip(open_.tolist(), token.tolist(), strict=True):
            found[row].append(one)
        x = net.token(torch.from_numpy(token).to(made.device))[:, None]
    for row in open_.tolist():
        found[row] = []
    return found
