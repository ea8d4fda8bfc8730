"""Texts drawn from a small GPT, many at a time."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from longshelf.errors import InputError
from longshelf.language.gpt_network import Cache
from longshelf.language.small_gpt import TrainedGpt
from longshelf.language.text_tokens import END, PAD
from longshelf.tables import IntArray

__all__ = ["draw_tokens", "sample_texts"]

ROWS = 256
"""Texts written side by side."""

LIKELIEST = 128
"""Tokens ordered first; all of them where these do not hold the nucleus."""

BROKEN = "\ufffd"


def draw_tokens(scores: Tensor, chance: Tensor, temperature: float, nucleus: float) -> Tensor:
    """A token per row from the smallest set of likeliest tokens that holds ``nucleus`` [1]_; (n,).

    Parameters
    ----------
    scores : (n, V) float tensor
        Logits.
    chance : (n,) float tensor in [0, 1)
        Where in the set, likeliest token first, to look.
    temperature : float > 0
        Divides the logits.
    nucleus : float in (0, 1]
        Probability the set holds.

    References
    ----------
    .. [1] Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020,
       arXiv:1904.09751, section 3.1.
    """
    share = (scores.double() / temperature).softmax(-1)
    few = min(LIKELIEST, share.shape[1])
    likely, token = share.topk(few)
    if few < share.shape[1] and bool((likely.sum(-1) < nucleus).any()):
        likely, token = share.sort(descending=True, stable=True)
    before = likely.cumsum(-1) - likely
    likely = likely.masked_fill(before >= nucleus - 1e-9, 0.0)
    reached = likely.cumsum(-1)
    place = (reached <= chance[:, None] * reached[:, -1:]).sum(-1).clamp(max=likely.shape[1] - 1)
    return token.gather(1, place[:, None])[:, 0]


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
        Only the likeliest tokens that together hold this probability are drawn.

    Raises
    ------
    InputError
        If an argument is out of range.
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
    made: TrainedGpt, codes: IntArray, chance: np.ndarray, temperature: float, nucleus: float
) -> list[list[int]]:
    """Tokens of each text without the closing one; none where it did not close."""
    net, device = made.net, made.device
    draw = torch.from_numpy(chance).to(device)
    found: list[list[int]] = [[] for _ in codes]
    open_ = np.arange(len(codes))
    x = net.asked(torch.from_numpy(np.ascontiguousarray(codes)).to(device))
    cache: Cache | None = None
    for turn in range(made.recipe.longest):
        hidden, cache = net.read(x, cache)
        scores = net.scores(hidden[:, -1])
        scores[:, PAD] = -torch.inf
        if turn == 0:
            scores[:, END] = -torch.inf
        token = draw_tokens(scores, draw[open_, turn], temperature, nucleus)
        going = token != END
        stays = going.cpu().numpy()
        open_ = open_[stays]
        if not len(open_):
            return found
        token = token[going]
        for row, one in zip(open_.tolist(), token.tolist(), strict=True):
            found[row].append(one)
        if not stays.all():
            cache = [(k[going], v[going]) for k, v in cache]
        x = net.token(token)[:, None]
    for row in open_.tolist():
        found[row] = []
    return found
