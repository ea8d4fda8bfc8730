"""Attention with dropout, forth and back: the compiled pass beside torch's steps.

    python benchmarks/attention.py --runs 15

Both get the same packed queries, keys and values of 32 random rows, twelve heads of 32 numbers, as
MiniLM's layers have them; torch's side pads rows of like length to the longest, as the library
does where the compiled pass is not taken. Arms alternate; times are medians.
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
    print("| mean tokens of a row | torch, ms | ours, ms | ratio |")
    print("|---|---|---|---|")
    for mean in (6, 10, 16, 24, 40, 64, 128):
        lengths = rng.normal(mean, mean * 0.3, ROWS).astype(int).clip(2)
        mask = torch.arange(int(lengths.max())) < torch.from_numpy(lengths)[:, None]
        packing, total = Packing.of(mask), int(lengths.sum())
        sides = [torch.randn(1, total, HEADS, WIDTH, requires_grad=True) for _ in range(3)]
        slope = torch.randn(1, total, HEADS, WIDTH)
        spent: dict[float, list[float]] = {0.0: [], np.inf: []}
        for run in range(said.runs + 2):
            for few in spent:
                packed.FEW = few
                started = time.perf_counter()
                out, _ = packed._attend(
                    module, *(side.transpose(1, 2) for side in sides), None, packing=packing,
                    dropout=0.1, scaling=WIDTH**-0.5,
                )  # fmt: skip
                out.backward(slope)
                if run > 1:
                    spent[few].append(1e3 * (time.perf_counter() - started))
        torch_ms, ours = (statistics.median(spent[few]) for few in (0.0, np.inf))
        print(f"| {mean} | {torch_ms:.2f} | {ours:.2f} | {torch_ms / ours:.2f} |", flush=True)


if __name__ == "__main__":
    main()
