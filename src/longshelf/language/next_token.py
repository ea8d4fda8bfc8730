"""Learn to say what comes next: one loop for the small GPT and for low-rank tuning."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, pi
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from longshelf.curves import listening
from longshelf.errors import InputError
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["Lines", "Schedule", "aside", "batches", "learn_next_tokens"]

LOOKS = 10
"""Times the held-out texts are looked at."""

SPARED = 20
"""Different texts a target must have for some to be held out."""

WINDOW = 50
"""Batches whose rows are sorted by length together."""

WATCHED = 8192
"""Tokens of held-out texts scored at once."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How a language model is trained here.

    Parameters
    ----------
    passes : int >= 1, default 10
        Times each text is read, at most.
    tokens : int, default 3,000,000
        Tokens read in all, at most: it bounds the time on large data.
    least : int, default 300,000
        Tokens read in all, at least: small data are passed more often.
    batch : int, default 512
        Tokens of a batch.
    rate : float, default 3e-3
        Peak AdamW learning rate; it rises over ``warm_up`` and falls to zero along a cosine.
    decay : float, default 0.1
        AdamW weight decay of the matrices.
    warm_up : float in [0, 1), default 0.05
        Share of the steps.
    held_out : float in [0, 0.5], default 0.05
        Share of the different texts kept aside to stop by.
    patience : int, default 3
        Looks at the held-out texts without a better one before training ends; ten looks in all.

    Raises
    ------
    InputError
        If a value is out of range.
    """

    passes: int = 10
    tokens: int = 3_000_000
    least: int = 300_000
    batch: int = 512
    rate: float = 3e-3
    decay: float = 0.1
    warm_up: float = 0.05
    held_out: float = 0.05
    patience: int = 3

    def __post_init__(self) -> None:
        if min(self.passes, self.tokens, self.batch) < 1 or self.rate <= 0:
            raise InputError(
                "passes, tokens and batch of a training are at least 1 and its rate above 0, got "
                f"{self.passes}, {self.tokens}, {self.batch} and {self.rate}"
            )
        if not (0 <= self.warm_up < 1 and 0 <= self.held_out <= 0.5):
            raise InputError(
                "warm_up of a training is in [0, 1) and held_out in [0, 0.5], got "
                f"{self.warm_up} and {self.held_out}"
            )


class Lines(Protocol):
    """Rows to learn from or to look at."""

    @property
    def lengths(self) -> IntArray:
        """Tokens of each row, (n,)."""
        ...

    @property
    def weight(self) -> FloatArray:
        """What each row counts in the loss, (n,)."""
        ...

    @property
    def law(self) -> FloatArray | None:
        """Probability of drawing each row, (n,); None reads every row once a pass."""
        ...

    def surprise(self, at: IntArray) -> Tensor:
        """Negative log probability of the rows at these positions, (b,)."""
        ...


def batches(lengths: IntArray, budget: int) -> Iterator[IntArray]:
    """Positions in the order given, cut so that rows times longest row stays under the budget.

    Examples
    --------
    >>> [some.tolist() for some in batches(np.array([2, 3, 3, 9]), budget=9)]
    [[0, 1, 2], [3]]
    """
    start, longest = 0, 0
    for at, length in enumerate(lengths.tolist()):
        longest = max(longest, length)
        if at > start and longest * (at - start + 1) > budget:
            yield np.arange(start, at)
            start, longest = at, length
    if start < len(lengths):
        yield np.arange(start, len(lengths))


def aside(
    texts: Sequence[str], code: IntArray, share: float, rng: np.random.Generator
) -> BoolArray:
    """Which rows are held out: all of a text or none, of targets with texts to spare; (n,)."""
    different = {text: int(target) for text, target in zip(texts, code, strict=True)}
    owners = np.array(list(different.values()), dtype=np.int64)
    many = np.bincount(owners, minlength=int(code.max(initial=0)) + 1)[owners] >= SPARED
    chosen = many & (rng.random(len(owners)) < share)
    held = {text for text, out in zip(different, chosen.tolist(), strict=True) if out}
    return np.array([text in held for text in texts], dtype=bool)


def learn_next_tokens(
    net: nn.Module, learn: Lines, watch: Lines, schedule: Schedule, rng: np.random.Generator
) -> list[dict[str, float]]:
    """Train what of a network may move, and leave it as it was when held-out rows were told best.

    Returns
    -------
    list of dict
        Steps, loss per token in training and on held-out rows where there are some, and seconds,
        look by look.
    """
    optimiser, best = _optimiser(net, schedule), _Best(net)
    history: list[dict[str, float]] = []
    size = int(learn.lengths.sum()) * schedule.passes
    total = min(max(size, schedule.least), max(schedule.tokens, schedule.batch))
    done, steps, spent, read = 0, 0, 0.0, 0
    started, curve = time.perf_counter(), listening()
    net.train()
    for at in _order(learn, schedule.batch, rng):
        count = int(learn.lengths[at].sum())
        surprise = learn.surprise(at)
        loss = surprise @ surprise.new_tensor(learn.weight[at]) / count
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate * _share(done / total, schedule.warm_up)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(best.moving.values(), 1.0)
        optimiser.step()
        done, steps = done + count, steps + 1
        spent, read = spent + float(surprise.detach().sum()), read + count
        if done < total * (len(history) + 1) / LOOKS:
            continue
        seen = {"held_out": _score(net, watch)} if len(watch.lengths) else {}
        told = {"loss": spent / read, **seen}
        history.append({"steps": steps, **told, "seconds": time.perf_counter() - started})
        if curve:
            curve.tell(steps, **told, rate=optimiser.param_groups[0]["lr"])
        spent, read = 0.0, 0
        best.look(seen.get("held_out"))
        if done >= total or 0 < schedule.patience <= best.waited:
            break
    best.restore()
    net.eval()
    return history


class _Best:
    """The numbers that may move, as they stood when held-out rows were told best; else the last."""

    def __init__(self, net: nn.Module) -> None:
        self.moving = {name: own for name, own in net.named_parameters() if own.requires_grad}
        self.kept: dict[str, Tensor] = {}
        self.score = np.inf
        self.waited = 0

    def look(self, score: float | None) -> None:
        """Take note of a look at the held-out rows; None where there are none."""
        if score is None:
            return
        self.waited = 0 if score < self.score else self.waited + 1
        if self.waited == 0:
            self.score = score
            self.kept = {name: own.detach().clone() for name, own in self.moving.items()}

    @torch.no_grad()
    def restore(self) -> None:
        """Put them back."""
        for name, own in self.kept.items():
            self.moving[name].copy_(own)


def _optimiser(net: nn.Module, schedule: Schedule) -> torch.optim.Optimizer:
    """AdamW; the decay is for matrices, not for vectors of tokens and places."""
    looked_up = {
        id(own)
        for module in net.modules()
        if isinstance(module, nn.Embedding)
        for own in module.parameters()
    }
    moving = [own for own in net.parameters() if own.requires_grad]
    groups = [
        {"params": [own for own in moving if (own.ndim > 1 and id(own) not in looked_up) == big],
         "weight_decay": schedule.decay if big else 0.0}
        for big in (True, False)
    ]  # fmt: skip
    return torch.optim.AdamW(groups, lr=schedule.rate, betas=(0.9, 0.98), fused=True)


def _share(progress: float, warm_up: float) -> float:
    """Of the peak rate: up in a line, down along a cosine."""
    risen = min(1.0, (progress + 1e-3) / warm_up) if warm_up else 1.0
    return risen * (0.5 + 0.5 * cos(pi * min(progress, 1.0)))


def _order(lines: Lines, budget: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Batches of rows of like length, for ever; a pass reads every row once, or draws by a law.

    Rows too few for a batch are passed several times at once.
    """
    lengths = lines.lengths
    n, size = len(lengths), int(lengths.sum())
    window = max(1, WINDOW * budget * n // size)
    while True:
        passes = [
            rng.permutation(n) if lines.law is None else rng.choice(n, n, p=lines.law)
            for _ in range(-(-budget // size))
        ]
        drawn = np.concatenate(passes)
        made: list[IntArray] = []
        for start in range(0, len(drawn), window):
            some = drawn[start : start + window]
            some = some[np.argsort(lengths[some], kind="stable")]
            made.extend(some[at] for at in batches(lengths[some], budget))
        for place in rng.permutation(len(made)).tolist():
            yield made[place]


@torch.no_grad()
def _score(net: nn.Module, watch: Lines) -> float:
    """Weighted loss per token of the held-out rows."""
    lengths = watch.lengths
    net.eval()
    heavy = watch.weight if watch.law is None else watch.weight * watch.law * len(lengths)
    order = np.argsort(lengths, kind="stable")
    lost = 0.0
    for some in batches(lengths[order], WATCHED):
        at = order[some]
        lost += float(watch.surprise(at).double().cpu().numpy() @ heavy[at])
    net.train()
    return lost / float(lengths @ heavy)
