"""Attention with dropout, forth and back: torch's own beside ours, stepwise and compiled.

    python benchmarks/attention.py --runs 15

All get the same packed queries, keys and values of 32 random rows, twelve heads of 32 numbers, as
MiniLM's layers have them; all but the compiled pass pad rows of like length to the longest. Torch's
own and the stepwise differ in how masks are drawn. Arms alternate; times are medians.
"""

from __future__ import annotations

import argparse
import statistics
import time
from types import SimpleNamespace

import numpy as np
import torch

from longshelf.models.text import packed
from longshelf.models.text.packed import Packing

HEADS, WIDTH, ROWS = 12, 32, 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    said = parser.parse_args()
    rng = np.random.default_rng(0)
    module = SimpleNamespace(is_causal=False)
    packed._register()
    print("| mean tokens of a row | torch, ms | stepwise, ratio | compiled, ratio |")
    print("|---|---|---|---|")
    plain = packed._plain
    for mean in (6, 10, 12, 14, 16, 24, 40, 64, 128):
        lengths = rng.normal(mean, mean * 0.3, ROWS).astype(int).clip(2)
        mask = torch.arange(int(lengths.max())) < torch.from_numpy(lengths)[:, None]
        packing, total = Packing.of(mask), int(lengths.sum())
        sides = [torch.randn(1, total, HEADS, WIDTH, requires_grad=True) for _ in range(3)]
        slope = torch.randn(1, total, HEADS, WIDTH)
        spent: dict[str, list[float]] = {"torch": [], "stepwise": [], "compiled": []}
        for run in range(said.runs + 2):
            for name, own in spent.items():
                packed.FEW = np.inf if name == "compiled" else 0
                packed._plain = plain if name != "torch" else lambda *_: False
                started = time.perf_counter()
                out, _ = packed._attend(
                    module, *(side.transpose(1, 2) for side in sides), None, packing=packing,
                    dropout=0.1, scaling=WIDTH**-0.5,
                )  # fmt: skip
                out.backward(slope)
                if run > 1:
                    own.append(1e3 * (time.perf_counter() - started))
        middle = {name: statistics.median(own) for name, own in spent.items()}
        ratios = (middle["torch"] / middle[name] for name in ("stepwise", "compiled"))
        shown = " | ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"| {mean} | {middle['torch']:.2f} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
