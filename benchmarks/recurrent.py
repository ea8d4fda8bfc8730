"""A bidirectional LSTM on a processor beside torch's own, over packed rows of real lengths.

    python benchmarks/recurrent.py --batches 12 --runs 5

Chinese reviews cut into words and into characters, 64 random rows a batch: forwards and backwards
as in training, and forwards alone as in scoring. Both sides read the same tokens in the same order,
from the same weights; arms alternate, and a ratio is that of medians, above 1 where ours is faster.
The largest difference of states and of gradients, as a share of the largest value, stands beside.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import longshelf as ls
from longshelf.models.text.own_words import OwnVocabulary, Unit
from longshelf.models.text.recurrence import Steps, both_ways

WIDTH, BATCH = 128, 64
Arm = Callable[[nn.LSTM, Tensor, Steps], Tensor]


def packed(lstm: nn.LSTM, tokens: Tensor, steps: Steps) -> Tensor:
    """The library's."""
    states: Tensor = lstm(nn.utils.rnn.PackedSequence(tokens, steps.counts))[0].data
    return states


ARMS: dict[str, Arm] = {"torch": packed, "ours": both_ways}


def batches(unit: Unit, count: int, max_tokens: int) -> list[tuple[Tensor, Steps]]:
    """Vectors of the tokens of random reviews, and their steps."""
    data = ls.load("reviews_zh")
    texts = data.rows[data.schema.text[0]].sample(count * BATCH, seed=0)
    X = np.array([[text] for text in texts], dtype=object)
    lengths = OwnVocabulary.of(X, unit, 2, max_tokens).encode(X).lengths.reshape(count, BATCH)
    steps = [Steps.of(torch.from_numpy(own), int(own.max())) for own in lengths]
    return [(torch.randn(len(own.places), WIDTH), own) for own in steps]


def passed(arm: Arm, lstm: nn.LSTM, tokens: Tensor, steps: Steps) -> list[Tensor]:
    """States and all gradients of one training step."""
    lstm.zero_grad()
    own = tokens.clone().requires_grad_()
    states = arm(lstm, own, steps)
    torch.autograd.backward(states.square().sum())
    return [states.detach(), *(p.grad for p in (own, *lstm.parameters()) if p.grad is not None)]


def seconds(work: Callable[[], Any]) -> float:
    """Of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(unit: Unit, asked: argparse.Namespace) -> str:
    """One line for each of training and scoring."""
    torch.manual_seed(0)
    drawn = batches(unit, asked.batches, asked.max_tokens)
    lstm = nn.LSTM(WIDTH, WIDTH, batch_first=True, bidirectional=True)
    pairs = zip(*(passed(arm, lstm, *drawn[0]) for arm in ARMS.values()), strict=True)
    gap = max(float((a - b).abs().max() / a.abs().max()) for a, b in pairs)

    def train(arm: Arm) -> None:
        for tokens, steps in drawn:
            passed(arm, lstm, tokens, steps)

    @torch.no_grad()
    def score(arm: Arm) -> None:
        for tokens, steps in drawn:
            arm(lstm, tokens, steps)

    read = sum(len(tokens) for tokens, _ in drawn)
    lines = [f"{unit}: {read / asked.batches / BATCH:.0f} tokens a row, largest gap {gap:.0e}"]
    for name, work in (("training", train), ("scoring", score)):
        spent: dict[str, list[float]] = {arm: [] for arm in ARMS}
        for _ in range(asked.runs):
            for arm, run in ARMS.items():
                spent[arm].append(seconds(lambda work=work, run=run: work(run)))
        middle = {arm: statistics.median(own) for arm, own in spent.items()}
        each = ", ".join(f"{arm} {own / read * 1e6:.1f} µs a token" for arm, own in middle.items())
        lines.append(f"  {name}: {each}; ratio {middle['torch'] / middle['ours']:.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=12)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--max-tokens", type=int, default=256)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    units: tuple[Unit, ...] = ("words", "characters")
    for unit in units:
        print(measure(unit, arguments), flush=True)
