"""Two networks against each other: one makes feature rows of a target, one tells them from observed ones."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from longshelf.tables import FloatArray, IntArray

__all__ = ["Adversaries", "learn_adversaries"]

CONDITION = 16
"""Length of a target's vector in either network."""

RATE, BETAS, AVERAGED = 1e-3, (0.5, 0.99), 0.99
"""Of Adam, and the share of the running average of the generator that a step keeps."""

ROUNDS = 8
"""Times rows are made for what the discriminator refused."""


class Conditioned(nn.Module):
    """A network of two hidden layers that is told the target beside its input."""

    def __init__(self, inputs: int, outputs: int, targets: int, hidden: int) -> None:
        super().__init__()
        self.target = nn.Embedding(targets, CONDITION)
        self.layers = nn.Sequential(
            nn.Linear(inputs + CONDITION, hidden), nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, outputs),
        )  # fmt: skip

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        out: Tensor = self.layers(torch.cat([x, self.target(code)], dim=1))
        return out


@dataclass(frozen=True)
class Adversaries:
    """What was learned, and the scale of the features.

    Parameters
    ----------
    generator, discriminator : Conditioned
    noise : int
        Random numbers a row is made from.
    mean, scale, low, high : (d,) float arrays
        Of the observed rows; made rows stay within their range.
    """

    generator: Conditioned
    discriminator: Conditioned
    noise: int
    mean: FloatArray
    scale: FloatArray
    low: FloatArray
    high: FloatArray

    @torch.inference_mode()
    def likely(self, X: FloatArray, code: int) -> FloatArray:
        """Logit that each row (n, d) was observed, told its target; (n,)."""
        x = torch.from_numpy(((X - self.mean) / self.scale).astype(np.float32))
        told = self.discriminator(x, torch.full((len(X),), code))
        return np.asarray(told[:, 0].double().numpy())

    @torch.inference_mode()
    def make(self, code: int, count: int, strict: float, observed: FloatArray) -> FloatArray:
        """Rows of a target, ``count`` at most; (m, d).

        A row is refused where the discriminator finds it less likely than the share ``strict`` of
        the target's observed rows.
        """
        floor = np.quantile(self.likely(observed, code), strict)
        kept: list[FloatArray] = []
        left = count
        for _ in range(ROUNDS):
            noise = torch.randn(2 * left, self.noise)
            made = self.generator(noise, torch.full((2 * left,), code)).double().numpy()
            X = np.clip(made * self.scale + self.mean, self.low, self.high)
            X = X[self.likely(X, code) >= floor][:left]
            kept.append(X)
            left -= len(X)
            if not left:
                break
        return np.concatenate(kept)


def learn_adversaries(
    X: FloatArray,
    code: IntArray,
    targets: int,
    rng: np.random.Generator,
    *,
    steps: int,
    batch: int,
    hidden: int,
    noise: int,
) -> Adversaries:
    """Train both on rows X (n, d) of targets (n,), each target drawn as often.

    Torch's generator is used as it stands; seed it before.
    """
    X = np.asarray(X, dtype=np.float64)
    mean, scale = X.mean(axis=0), X.std(axis=0)
    scale[scale == 0] = 1
    real = torch.from_numpy(((X - mean) / scale).astype(np.float32))
    codes = torch.from_numpy(np.asarray(code, dtype=np.int64))
    generator = Conditioned(noise, X.shape[1], targets, hidden)
    discriminator = Conditioned(X.shape[1], 1, targets, hidden)
    averaged = copy.deepcopy(generator)
    makes, tells = (
        torch.optim.Adam(net.parameters(), lr=RATE, betas=BETAS, fused=True)
        for net in (generator, discriminator)
    )
    law = 1 / np.bincount(code)[code]
    for _ in range(steps):
        at = torch.from_numpy(rng.choice(len(X), batch, p=law / law.sum()))
        x, y = real[at], codes[at]
        made = generator(torch.randn(batch, noise), y)
        _move(tells, F.softplus(-discriminator(x, y)) + F.softplus(discriminator(made.detach(), y)))
        _move(makes, F.softplus(-discriminator(made, y)))
        with torch.no_grad():
            for own, other in zip(averaged.parameters(), generator.parameters(), strict=True):
                own.lerp_(other, 1 - AVERAGED)
    return Adversaries(averaged, discriminator, noise, mean, scale, X.min(axis=0), X.max(axis=0))


def _move(optimiser: torch.optim.Optimizer, losses: Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(losses.mean())
    optimiser.step()
