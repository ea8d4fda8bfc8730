"""Multi-label: an asymmetric loss of one's own beside plain and focal, on labels of any rarity."""

import sys
from dataclasses import dataclass

import torch

import longshelf as ls


@dataclass(frozen=True, kw_only=True)
class Asymmetric(ls.Strategy):
    """Push easy negatives down harder than positives (Ridnik et al., ICCV 2021, eq. 4-7)."""

    down: float = 4.0
    up: float = 1.0
    clip: float = 0.05

    def loss(self, z, batch, targets):
        p = torch.sigmoid(z)
        shifted = (p - self.clip).clamp_min(0)
        positive = (1 - p) ** self.up * p.clamp_min(1e-8).log()
        negative = shifted**self.down * (1 - shifted).clamp_min(1e-8).log()
        return -(batch.y * positive + (1 - batch.y) * negative).sum(dim=1)


if __name__ == "__main__":
    dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace")
    labels = sys.argv[2:] or list(dataset.schema.group[:1]) + list(dataset.schema.label[:1])
    for strategy in (ls.Strategy(), ls.build("strategy", "Focal"), Asymmetric()):
        arm = ls.fit(dataset, task={"classify": {"label": labels}}, strategy=strategy)
        print(
            f"{ls.show(strategy):24} macro-F1 {arm.value('macro_f1'):.3f}"
            f"  tail {arm.value('macro_f1', 'tail'):.3f}  AUPRC {arm.value('auprc'):.3f}"
        )
