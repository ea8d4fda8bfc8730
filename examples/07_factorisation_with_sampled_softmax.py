"""Ranking by the same hooks: in-batch softmax with LogQ, logit adjustment, a MACR-like head, MMR.

``LogitAdjusted`` was written for classes; here it adjusts items, unchanged. The MACR-like part is a
network of the user's own: popularity gets its own score, which prediction leaves out (Wei et al.,
KDD 2021, simplified to the item branch).
"""

import sys
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

import longshelf as ls


class ApartFromPopularity(nn.Module):
    """Score = match * sigmoid(item's own appeal) in training, the match alone afterwards."""

    def __init__(self, head, popularity):
        super().__init__()
        self.head = head
        self.appeal = nn.Parameter(torch.from_numpy(popularity).float())

    @property
    def weight(self):
        return self.head.weight

    @property
    def bias(self):
        return self.head.bias

    def forward(self, e, ids=None):
        z = self.head(e, ids)
        if not self.training:
            return z
        appeal = self.appeal if ids is None else self.appeal[ids]
        return z * torch.sigmoid(appeal)


@dataclass(frozen=True, kw_only=True)
class MacrLike(ls.Strategy):
    """Let an item branch explain popularity, and drop it when ranking."""

    def build(self, net, targets):
        counts = np.log1p(targets.natural)
        net.head = ApartFromPopularity(net.head, counts - counts.mean())
        return net


if __name__ == "__main__":
    dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace(problem='interactions')")
    arms = {
        "in-batch softmax": ls.build("strategy", "InBatch"),
        "+ LogQ": ls.build("strategy", "InBatch + LogQ"),
        "+ LogitAdjusted": ls.build("strategy", "InBatch + LogQ + LogitAdjusted"),
        "MACR-like + LogQ": ls.build("strategy", "InBatch + LogQ") + MacrLike(),
        "LogQ, then MMR": ls.build("strategy", "InBatch + LogQ + Mmr"),
    }
    for name, strategy in arms.items():
        arm = ls.fit(
            dataset, task="rank", split="by_time", features="ids",
            model="matrix_factorisation(epochs=3)", strategy=strategy,
        )  # fmt: skip
        print(
            f"{name:18} nDCG@20 {arm.value('ndcg@20'):.4f}  tail {arm.value('ndcg@20', 'tail'):.4f}"
            f"  coverage {arm.value('coverage@20'):.3f}  Gini {arm.value('gini@20'):.3f}"
        )
