"""Fine-tuning speed beside Hugging Face's Trainer: the same model, batches, rates and rows.

    python benchmarks/finetuning.py --rows 4000 --runs 3
    python benchmarks/finetuning.py --rows 1500 --runs 3 --epochs 3
    python benchmarks/finetuning.py --rows 1500 --runs 3 --data pricerunner

Both tune MiniLM with mean pooling and a linear head that starts at zero on titles of a shop, in
float32 and with dropout, by AdamW with the same rates, decay, clipping and schedule, on the same
batches in the same order. Two things differ: the Trainer's first step has a rate of 0, and it moves
all word vectors at every step, ours those a batch holds. Arms alternate; a ratio is that of
medians, and of processor seconds beside. The loss on the same held-out rows stands beside, since
speed that learns less is none. Seconds are those of training alone: no loading, no evaluation.
The last arm is what further arms of a suite cost: what the lower layers gave is known already.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

import longshelf as ls
from longshelf.components import build
from longshelf.features.pretrained import locate
from longshelf.models.classify.transformer import Transformer
from longshelf.models.text.encoder_net import load, pool
from longshelf.models.text.reading import Reading
from longshelf.models.text.upper_layers import LATEST
from longshelf.strategies import Strategy
from longshelf.tables import Rows, Valid
from longshelf.tasks.base import Parts, divide
from longshelf.training import train


@dataclass(frozen=True)
class Task:
    """Titles and categories of two parts."""

    parts: Parts

    def texts(self, rows: Rows) -> np.ndarray:
        """One title a row; (n, 1)."""
        return rows.inputs["title"].to_numpy().astype(object)[:, None]


def clocks() -> np.ndarray:
    """The clock on the wall and that of the processors, in seconds."""
    return np.array([time.perf_counter(), time.process_time()])


def told(spent: np.ndarray, scores: np.ndarray, task: Task) -> dict[str, float]:
    """Seconds, and the mean cross-entropy on the held-out rows."""
    loss = nn.functional.cross_entropy(
        torch.from_numpy(scores), torch.from_numpy(task.parts.valid.y)
    )
    return {"seconds": float(spent[0]), "processor": float(spent[1]), "loss": float(loss)}


@dataclass(frozen=True)
class Order:
    """A new order of the rows for every pass, as our loop draws it."""

    rows: int
    rng: np.random.Generator

    def __iter__(self) -> Iterator[int]:
        return iter(self.rng.permutation(self.rows).tolist())

    def __len__(self) -> int:
        return self.rows


def ours(task: Task, model: Transformer, seed: int, *, known: bool = False) -> dict[str, float]:
    """The library's loop; lower layers run inside the clock unless an arm before ran them."""
    parts = task.parts
    torch.manual_seed(seed)
    reading = Reading(locate("minilm"), model)
    net = reading.network(len(parts.targets))
    none = parts.valid.take(np.arange(0))
    if not known:
        LATEST.forget()
    started = clocks()
    X = reading.read(task.texts(parts.train))
    valid = Valid(X=task.texts(none), rows=none)
    fitted = train(
        net, X, parts.train, valid, parts.targets, Strategy(), np.random.default_rng(seed),
        model.recipe(),
    )  # fmt: skip
    spent = clocks() - started
    scores = fitted.scores(reading.read(task.texts(parts.valid)))
    return told(spent, scores, task)


class Peer(nn.Module):
    """What a practitioner writes for the Trainer."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.encoder = load(locate("minilm"))
        self.head = nn.Linear(384, outputs)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, input_ids: Any, attention_mask: Any, labels: Any = None, **_: Any) -> Any:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        logits = self.head(pool(states.last_hidden_state, attention_mask.bool(), "mean"))
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return {"loss": loss, "logits": logits}


def trainer(task: Task, model: Transformer, seed: int) -> dict[str, float]:
    """One epoch by Hugging Face's Trainer, padding each batch to its longest row."""
    from transformers import AutoTokenizer, DataCollatorWithPadding, Trainer, TrainingArguments

    parts, recipe = task.parts, model.recipe()
    order = Order(len(parts.train), np.random.default_rng(seed))

    class SameOrder(Trainer):
        def _get_train_sampler(self, *_: Any) -> Order:
            return order

    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(str(locate("minilm").folder))
    net = Peer(len(parts.targets))
    optimiser = torch.optim.AdamW(
        [
            {"params": net.encoder.parameters(), "lr": recipe.rate},
            {"params": net.head.parameters(), "lr": recipe.rate * model.lead},
        ],
        lr=recipe.rate, weight_decay=recipe.decay, fused=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            output_dir=folder, per_device_train_batch_size=recipe.batch, num_train_epochs=recipe.epochs,
            lr_scheduler_type="cosine", warmup_steps=recipe.warmup, max_grad_norm=recipe.clip,
            report_to=[], save_strategy="no", logging_strategy="no", disable_tqdm=True, seed=seed,
            use_cpu=not torch.cuda.is_available(),
        )  # fmt: skip
        started = clocks()
        cut = tokenizer(task.texts(parts.train)[:, 0].tolist(), truncation=True, max_length=64)
        rows = [
            {"input_ids": ids, "labels": int(y)} for ids, y in zip(cut["input_ids"], parts.train.y)
        ]
        SameOrder(
            net, settings, train_dataset=rows, optimizers=(optimiser, None),
            data_collator=DataCollatorWithPadding(tokenizer),
        ).train()  # fmt: skip
        spent = clocks() - started
    net.eval()
    return told(spent, _scores(net, tokenizer, task), task)


@torch.inference_mode()
def _scores(net: Peer, tokenizer: Any, task: Task) -> np.ndarray:
    texts = task.texts(task.parts.valid)[:, 0].tolist()
    found = []
    for start in range(0, len(texts), 64):
        part = tokenizer(
            texts[start : start + 64], truncation=True, max_length=64, padding=True,
            return_tensors="pt",
        )  # fmt: skip
        found.append(net(part["input_ids"], part["attention_mask"])["logits"].numpy())
    return np.concatenate(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4000, help="training rows")
    parser.add_argument("--held", type=int, default=2000, help="rows the loss is measured on")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--data", choices=("fashion", "pricerunner"), default="fashion")
    said = parser.parse_args()
    task = Task(some(divided(said.data), said.rows, said.held))
    full = Transformer(epochs=said.epochs, batch=said.batch)
    last = replace(full, tune="last")
    arms: dict[str, Callable[[int], dict[str, float]]] = {
        "trainer, full": lambda seed: trainer(task, full, seed),
        "ours, full": lambda seed: ours(task, full, seed),
        "ours, last 2": lambda seed: ours(task, last, seed),
        "ours, last 2, again": lambda seed: ours(task, last, seed, known=True),
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in arms}
    for run in range(said.runs):
        for name, arm in arms.items():
            found[name].append(arm(run))
            print(json.dumps({"arm": name, "run": run, **found[name][-1]}), flush=True)
    middle = {
        name: {key: statistics.median(one[key] for one in each) for key in each[0]}
        for name, each in found.items()
    }
    base = middle["trainer, full"]
    for name, own in middle.items():
        mean = statistics.mean(one["loss"] for one in found[name])
        print(
            f"{name:19} {said.rows * said.epochs / own['seconds']:8.0f} rows/s  "
            f"{base['seconds'] / own['seconds']:5.2f} x  "
            f"processor {base['processor'] / own['processor']:5.2f} x  mean valid loss {mean:.4f}"
        )


def some(parts: Parts, rows: int, held: int) -> Parts:
    """Some rows to learn from, and some to measure on."""
    draw = np.random.default_rng(0)
    train = parts.train.take(draw.permutation(len(parts.train))[:rows])
    return replace(
        parts, train=train, valid=parts.valid.take(draw.permutation(len(parts.valid))[:held])
    )


def divided(name: str = "fashion") -> Parts:
    """A data set's titles by category, stratified."""
    problem = build("task", "classify").pose(ls.load(name))
    return divide(problem, build("split", "stratified"), seed=0)


if __name__ == "__main__":
    main()
