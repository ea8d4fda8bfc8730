"""A pretrained transformer as stem, body and head: word vectors, layers with pooling, scores."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from longshelf.errors import Unavailable
from longshelf.features.pretrained import Pretrained
from longshelf.models.network import LinearHead, Net
from longshelf.models.text.packed import LayeredBody
from longshelf.models.text.tokens import TokenBatch

__all__ = [
    "Marks", "Pooling", "TextNet", "TokenStem", "TransformerBody", "layers_of", "load", "pool",
]  # fmt: skip

Pooling = Literal["mean", "cls", "last"]


def load(source: Pretrained) -> nn.Module:
    """The pretrained layers without any head, in float32; weights in safetensors only.

    Raises
    ------
    Unavailable
        If the weights are not the pinned ones, or some are missing.
    """
    from transformers import AutoModel
    from transformers.utils import logging

    source.verify()
    logging.disable_progress_bar()
    said = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        model: Any
        model, told = AutoModel.from_pretrained(
            str(source.folder), dtype=torch.float32, attn_implementation="sdpa",
            use_safetensors=True, local_files_only=True, output_loading_info=True,
        )  # fmt: skip
    finally:
        logging.set_verbosity(said)
    absent = sorted(name for name in told["missing_keys"] if not name.startswith("pooler."))
    if absent:
        raise Unavailable(
            f"{source.weights} lacks {len(absent)} tensors of a {model.config.model_type} model, "
            f"such as {absent[0]}; save it again with model.save_pretrained(folder)"
        )
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    loaded: nn.Module = model
    return loaded


def layers_of(model: Any) -> nn.ModuleList:
    """The stack of equal layers of a transformer; the list itself, so that it can be cut."""
    depth = int(model.config.num_hidden_layers)
    return next(
        part for part in model.modules() if isinstance(part, nn.ModuleList) and len(part) == depth
    )


def pool(states: Tensor, mask: Tensor, how: Pooling) -> Tensor:
    """One vector a row: mean over its tokens, the first or the last of them; (n, d)."""
    if how == "cls":
        return states[:, 0]
    if how == "last":
        last = (mask.sum(dim=1) - 1).clamp_min(0)
        return states[torch.arange(len(states), device=states.device), last]
    inside = mask.unsqueeze(-1).to(states.dtype)
    return (states * inside).sum(dim=1) / inside.sum(dim=1).clamp_min(1.0)


@dataclass(frozen=True)
class Marks:
    """Tokens that are no words.

    Parameters
    ----------
    masking : int or None
        The token that hides another; None where a model has none, as decoders do.
    special : tuple of int
        Numbers of all special tokens.
    """

    masking: int | None = None
    special: tuple[int, ...] = ()


class TokenStem(nn.Module):
    """Token numbers to word vectors; sparse gradients, so that a step moves only those it met."""

    def __init__(self, table: Tensor, *, learn: bool) -> None:
        super().__init__()
        self.table = nn.Parameter(table, requires_grad=learn)

    def forward(self, x: TokenBatch) -> Tensor:
        learns = self.table.requires_grad
        return nn.functional.embedding(x.ids, self.table, sparse=learns)


class TransformerBody(LayeredBody):
    """Word vectors through the layers, then one vector a row.

    Parameters
    ----------
    model : nn.Module
        As :func:`load` gives it; its own word vectors are taken out.
    pooling : {"mean", "cls", "last"}
        One vector of the token states.
    apart : bool
        The two texts of a row go through the layers apart and are compared after, as in
        [1]_: cosine, |u - v| and u * v.
    packs : bool, default True
        False where the model puts tokens of its own before each row.

    References
    ----------
    .. [1] Reimers and Gurevych, Sentence-BERT, EMNLP 2019, arXiv:1908.10084, section 3.
    """

    def __init__(self, model: Any, pooling: Pooling, *, apart: bool, packs: bool = True) -> None:
        model.set_input_embeddings(nn.Identity())
        super().__init__(model)
        self.pooling: Pooling = pooling
        self.apart = apart
        if packs:
            self.try_packing()

    @property
    def width(self) -> int:
        """Length of what a row gives."""
        own = int(self.model.config.hidden_size)
        return 1 + 2 * own if self.apart else own

    def forward(self, h: Tensor, x: TokenBatch) -> Tensor:
        if not self.apart:
            return pool(self.states(h, x.mask, x.segments), x.mask, self.pooling)
        place = torch.arange(h.shape[1], device=h.device)
        left = place < x.second[:, None]
        shifted = (place + x.second[:, None]).clamp_max(h.shape[1] - 1)
        moved = h.gather(1, shifted[..., None].expand_as(h))
        right = place < (x.lengths - x.second)[:, None]
        width = int(x.second.max()), int((x.lengths - x.second).max().clamp_min(1))
        u, v = (
            pool(self.states(side, mask), mask, self.pooling)
            for side, mask in (
                (h[:, : width[0]], left[:, : width[0]]),
                (moved[:, : width[1]], right[:, : width[1]]),
            )
        )
        cosine = nn.functional.cosine_similarity(u, v)[:, None]
        return torch.cat([cosine, (u - v).abs(), u * v], dim=1)


class TextNet(Net):
    """A network whose layers may learn at falling rates, from the head down.

    Parameters
    ----------
    stem, body : nn.Module
    head : LinearHead
    fall : float in (0, 1]
        Factor on the learning rate from a layer to the one below.
    lead : float
        Factor on the learning rate of the head, which starts from nothing.
    marks : Marks, optional
        What the vocabulary says of its special tokens.
    """

    def __init__(
        self,
        stem: nn.Module,
        body: nn.Module,
        head: LinearHead,
        *,
        fall: float,
        lead: float,
        marks: Marks | None = None,
    ) -> None:
        super().__init__(stem, body, head)
        self.fall = fall
        self.lead = lead
        self.marks = marks or Marks()

    def paces(self) -> list[tuple[float, list[nn.Parameter]]]:
        """Factors on the learning rate, each with the parameters now moving at it."""
        deepest = max((_depth(name) for name, _ in self.named_parameters()), default=0)
        moving: dict[float, list[nn.Parameter]] = defaultdict(list)
        for name, parameter in self.named_parameters():
            if parameter.requires_grad:
                below = deepest - _depth(name)
                share = self.lead if name.startswith("head.") else self.fall**below
                moving[share].append(parameter)
        return list(moving.items())


def _depth(name: str) -> int:
    """1 for the lowest layer; 0 for word vectors; the last for what stands above all layers."""
    if name.startswith("stem."):
        return 0
    number = re.search(r"\.(\d+)\.", name)
    return int(number[1]) + 1 if number else 0
