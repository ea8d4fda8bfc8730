"""A conditional GAN writes feature vectors for rare classes: a remedy of one's own, one hook."""

import sys
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

import longshelf as ls
from longshelf.strategies.base import floor_counts
from longshelf.tables import Resampled


@dataclass(frozen=True, kw_only=True)
class FeatureGan(ls.Strategy):
    """Raise classes to a floor with vectors a generator learned to pass as real ones.

    Discriminator: log D(x, y) + log(1 - D(G(z, y), y)); generator: log D(G(z, y), y).
    """

    to: int = 100
    steps: int = 300
    noise: int = 32

    def resample(self, X, rows, targets, rng):
        goals = floor_counts(targets.seen, self.to)
        need = np.concatenate(
            [np.full(goal - int(targets.seen[c]), c) for c, goal in goals.items()]
        )
        if len(need) == 0:
            return Resampled(np.arange(len(rows)))
        with torch.random.fork_rng():
            torch.manual_seed(int(rng.integers(2**31)))
            made = self._learn(
                torch.from_numpy(np.array(X)), torch.from_numpy(rows.code), len(targets), need
            )
        asked = {str(targets.names[c]): goal for c, goal in goals.items()}
        return Resampled(np.arange(len(rows)), made, need.astype(np.int64), asked)

    def _learn(self, X, code, classes, need):
        width = X.shape[1]
        label = nn.Embedding(classes, self.noise)
        make = nn.Sequential(nn.Linear(2 * self.noise, 256), nn.ReLU(), nn.Linear(256, width))
        judge = nn.Sequential(
            nn.Linear(width + self.noise, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1)
        )
        writer = torch.optim.Adam(
            [*make.parameters(), *label.parameters()], lr=2e-3, betas=(0.5, 0.9)
        )
        critic = torch.optim.Adam(judge.parameters(), lr=2e-3, betas=(0.5, 0.9))
        even = 1 / torch.bincount(code, minlength=classes)[code].double()
        spread = X.std(0)

        def generate(y):
            noise = torch.randn(len(y), self.noise)
            return make(torch.cat([noise, label(y)], 1)) * spread

        def real(x, y):
            return judge(torch.cat([x / spread.clamp_min(1e-6), label(y).detach()], 1))

        for _ in range(self.steps):
            index = torch.multinomial(even, 128, replacement=True)
            x, y = X[index], code[index]
            lost = nn.functional.softplus(-real(x, y)) + nn.functional.softplus(
                real(generate(y).detach(), y)
            )
            critic.zero_grad()
            lost.mean().backward()
            critic.step()
            writer.zero_grad()
            nn.functional.softplus(-real(generate(y), y)).mean().backward()
            writer.step()
        with torch.no_grad():
            return generate(torch.from_numpy(need).long()).numpy()


if __name__ == "__main__":
    dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace")
    for strategy in (ls.Strategy(), ls.build("strategy", "RandomOver"), FeatureGan()):
        arm = ls.fit(dataset, features="minilm", model="linear", strategy=strategy)
        print(
            f"{ls.show(strategy):24} macro-F1 {arm.value('macro_f1'):.3f}  tail {arm.value('macro_f1', 'tail'):.3f}"
        )
