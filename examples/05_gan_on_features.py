"""A conditional GAN writes feature vectors for rare classes: a remedy of one's own, one hook."""

import sys
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

import longshelf as ls
from longshelf.strategies.base import floor_counts
from longshelf.tables import Resampled

NOISE, HIDDEN = 32, 256


class Gan(nn.Module):
    """Writes x for y, and judges pairs; features are brought to unit spread and back."""

    def __init__(self, classes, spread):
        super().__init__()
        self.spread = spread.clamp_min(1e-6)
        self.label = nn.Embedding(classes, NOISE)
        wide = len(spread)
        self.pen = nn.Sequential(nn.Linear(2 * NOISE, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, wide))
        self.eye = nn.Sequential(nn.Linear(wide + NOISE, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1))

    def write(self, y):
        return self.pen(torch.cat([torch.randn(len(y), NOISE), self.label(y)], 1)) * self.spread

    def judge(self, x, y):
        return self.eye(torch.cat([x / self.spread, self.label(y).detach()], 1))


@dataclass(frozen=True, kw_only=True)
class FeatureGan(ls.Strategy):
    """Raise classes to a floor with vectors a generator learned to pass as real ones."""

    to: int = 100
    steps: int = 300

    def resample(self, X, rows, targets, rng):
        goals = floor_counts(targets.seen, self.to)
        need = [np.full(goal - int(targets.seen[c]), c) for c, goal in goals.items()]
        code = np.concatenate(need).astype(np.int64)
        with torch.random.fork_rng():
            torch.manual_seed(int(rng.integers(2**31)))
            X = torch.tensor(np.array(X))
            made = self._learn(X, torch.tensor(rows.code), len(targets), code)
        asked = {str(targets.names[c]): goal for c, goal in goals.items()}
        return Resampled(np.arange(len(rows)), made, code, asked)

    def _learn(self, X, code, classes, need):
        gan = Gan(classes, X.std(0))
        writer = torch.optim.Adam([*gan.pen.parameters(), *gan.label.parameters()], lr=2e-3)
        critic = torch.optim.Adam(gan.eye.parameters(), lr=2e-3)
        even = 1 / torch.bincount(code, minlength=classes)[code].double()
        for _ in range(self.steps):
            index = torch.multinomial(even, 128, replacement=True)
            x, y, fake = X[index], code[index], gan.write(code[index])
            caught = softplus(-gan.judge(x, y)) + softplus(gan.judge(fake.detach(), y))
            self._step(critic, caught)
            self._step(writer, softplus(-gan.judge(fake, y)))
        return gan.write(torch.tensor(need)).detach().numpy()

    @staticmethod
    def _step(optimiser, loss):
        optimiser.zero_grad()
        loss.mean().backward()
        optimiser.step()


if __name__ == "__main__":
    dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace")
    for strategy in (ls.Strategy(), ls.build("strategy", "RandomOver"), FeatureGan()):
        arm = ls.fit(dataset, features="minilm", model="linear", strategy=strategy)
        scores = [arm.value("macro_f1", part) for part in ("all", "tail")]
        print(f"{ls.show(strategy):24} macro-F1 {scores[0]:.3f}  tail {scores[1]:.3f}")
