"""A small GPT, trained here on the texts at hand and told what to write about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from longshelf.errors import InputError, Unavailable
from longshelf.language.gpt_network import GptNetwork
from longshelf.language.next_token import Schedule, batches
from longshelf.language.text_tokens import END, PAD, TextTokens
from longshelf.tables import FloatArray, IntArray

__all__ = ["GptRecipe", "Padded", "TrainedGpt", "tidy"]

WEIGHTS, TOKENS, ABOUT = "model.safetensors", "tokenizer.json", "small_gpt.json"
AT_ONCE = 8192
"""Tokens scored at once."""


@dataclass(frozen=True, kw_only=True)
class GptRecipe(Schedule):
    """The size of a small GPT, and how it is trained.

    Parameters
    ----------
    width, layers, heads : int, defaults 128, 2, 4
    dropout : float in [0, 1), default 0.1
    vocabulary : int >= 300, default 4000
        Tokens learned from the texts, at most.
    longest : int >= 1, default 128
        Tokens of a text; longer ones are read up to there.
    passes, tokens, least, batch, rate, decay, warm_up, held_out, patience
        As for :class:`Schedule`.

    Raises
    ------
    InputError
        If a size is out of range.
    """

    width: int = 128
    layers: int = 2
    heads: int = 4
    dropout: float = 0.1
    vocabulary: int = 4000
    longest: int = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = (self.width, self.layers, self.heads, self.longest)
        if min(sizes) < 1 or self.width % self.heads:
            raise InputError(
                "a small GPT's width, layers, heads and longest are at least 1 and its width a "
                f"multiple of its heads, got {', '.join(map(str, sizes))}"
            )
        if self.vocabulary < 300 or not 0 <= self.dropout < 1:
            raise InputError(
                "a small GPT has at least 300 tokens and a dropout in [0, 1), got "
                f"{self.vocabulary} and {self.dropout}"
            )


@dataclass(frozen=True)
class Padded:
    """Texts of one batch: conditions (B, f), inputs (B, T) and what follows them (B, 1 + T).

    What follows is -100 beyond a text's closing token; a text cut at the longest has none.
    """

    codes: Tensor
    inputs: Tensor
    follows: Tensor

    @classmethod
    def of(cls, ids: Sequence[list[int]], codes: IntArray, device: torch.device) -> Padded:
        wide = max(map(len, ids))
        follows = np.full((len(ids), wide), -100)
        for row, own in enumerate(ids):
            follows[row, : len(own)] = own
        inputs = np.where(follows < 0, PAD, follows)[:, :-1]
        found = (torch.from_numpy(np.ascontiguousarray(a)) for a in (codes, inputs, follows))
        return cls(*(tensor.to(device) for tensor in found))

    def surprise(self, net: GptNetwork) -> Tensor:
        """Negative log probability of each token, 0 beyond the end; (B, 1 + T)."""
        scores = net(self.codes, self.inputs)
        return F.cross_entropy(
            scores.flatten(0, 1), self.follows.flatten(), ignore_index=-100, reduction="none"
        ).view(self.follows.shape)


def tidy(text: str) -> str:
    """A text with single spaces."""
    return " ".join(text.split())


@dataclass
class TrainedGpt:
    """A trained network with its tokens and the words of its conditions.

    Parameters
    ----------
    net : GptNetwork
    tokens : TextTokens
    levels : tuple of tuples of str
        For each condition its levels, in the order of their codes.
    recipe : GptRecipe
    history : list of dict
        Steps, loss per token in training and on held-out texts, and seconds, look by look.
    """

    net: GptNetwork
    tokens: TextTokens
    levels: tuple[tuple[str, ...], ...]
    recipe: GptRecipe
    history: list[dict[str, float]] = field(default_factory=list)

    @classmethod
    def fresh(
        cls, tokens: TextTokens, levels: Sequence[Sequence[str]], recipe: GptRecipe
    ) -> TrainedGpt:
        """An untrained network; its random start follows torch's generator."""
        words = [[pieces[:16] for pieces in tokens.encode(own)] for own in levels]
        net = GptNetwork(
            len(tokens), words, width=recipe.width, layers=recipe.layers, heads=recipe.heads,
            dropout=recipe.dropout, longest=recipe.longest,
        )  # fmt: skip
        device = "cuda" if torch.cuda.is_available() else "cpu"
        return cls(net.to(device), tokens, tuple(map(tuple, levels)), recipe)

    @property
    def parameters(self) -> int:
        """Numbers learned."""
        return sum(each.numel() for each in self.net.parameters())

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.net.token.weight.device

    def read(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokens of each text with the closing one, cut at the longest."""
        encoded = self.tokens.encode([tidy(text) for text in texts])
        return [[*ids, END][: self.recipe.longest] for ids in encoded]

    @torch.inference_mode()
    def log_probability(self, texts: Sequence[str], codes: IntArray) -> FloatArray:
        """Natural logarithm of each text's probability under its conditions (n, f); (n,).

        Of the tokens a text is read in, its end included: a lower bound, as other tokens may spell
        the same text. A text longer than ``longest`` counts up to there.
        """
        self.net.eval()
        ids = self.read(texts)
        lengths = np.array([len(own) for own in ids], dtype=np.int64)
        order = np.argsort(lengths, kind="stable")
        found = np.zeros(len(ids))
        for some in batches(lengths[order], AT_ONCE):
            at = order[some]
            padded = Padded.of([ids[i] for i in at], codes[at], self.device)
            found[at] = -padded.surprise(self.net).sum(1).double().cpu().numpy()
        return found

    def save(self, folder: Path) -> None:
        """Write weights, tokens and recipe; nothing is pickled."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        state = {name: each.contiguous().cpu() for name, each in self.net.state_dict().items()}
        save_file(state, folder / WEIGHTS)
        (folder / TOKENS).write_text(self.tokens.render(), encoding="utf-8")
        about: dict[str, Any] = {
            "recipe": asdict(self.recipe), "levels": self.levels, "history": self.history,
        }  # fmt: skip
        (folder / ABOUT).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TrainedGpt:
        """Read what :meth:`save` wrote.

        Raises
        ------
        Unavailable
            If a file is missing.
        """
        from safetensors.torch import load_file

        if absent := [name for name in (WEIGHTS, TOKENS, ABOUT) if not (folder / name).is_file()]:
            raise Unavailable(
                f"no small GPT in {folder}: {', '.join(absent)} missing; train it anew"
            )
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        tokens = TextTokens.parse((folder / TOKENS).read_text(encoding="utf-8"))
        made = cls.fresh(tokens, about["levels"], GptRecipe(**about["recipe"]))
        made.net.load_state_dict(load_file(folder / WEIGHTS, device=str(made.device)))
        made.history = about["history"]
        return made
