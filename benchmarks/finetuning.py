"""Fine-tuning speed beside Hugging Face's Trainer: the same model, batches, rates and rows.

    python benchmarks/finetuning.py --rows 4000 --runs 3

Both tune MiniLM with mean pooling and a linear head on titles of fashion, one epoch, float32, the
same batch size, AdamW, rates and schedule. Arms alternate; a ratio is that of medians. The loss on
the same held-out rows stands beside, since speed that learns less is none. Seconds are those of
training alone: no loading, no evaluation.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
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


def loss_of(scores: np.ndarray, y: np.ndarray) -> float:
    """Mean cross-entropy."""
    return float(nn.functional.cross_entropy(torch.from_numpy(scores), torch.from_numpy(y)))


def ours(task: Task, model: Transformer, seed: int) -> dict[str, float]:
    """One epoch by the library's loop; what runs once before, runs inside the clock."""
    parts = task.parts
    torch.manual_seed(seed)
    reading = Reading(locate("minilm"), model)
    net = reading.network(len(parts.targets))
    none = parts.valid.take(np.arange(1))
    started = time.perf_counter()
    X = reading.read(task.texts(parts.train))
    valid = Valid(X=reading.read(task.texts(none)), rows=none)
    fitted = train(
        net, X, parts.train, valid, parts.targets, Strategy(), np.random.default_rng(seed),
        model.recipe(),
    )  # fmt: skip
    seconds = time.perf_counter() - started
    scores = fitted.scores(reading.read(task.texts(parts.valid)))
    return {"seconds": seconds, "loss": loss_of(scores, parts.valid.y)}


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
            output_dir=folder, per_device_train_batch_size=recipe.batch, num_train_epochs=1,
            lr_scheduler_type="cosine", warmup_steps=recipe.warmup, max_grad_norm=recipe.clip,
            report_to=[], save_strategy="no", logging_strategy="no", disable_tqdm=True, seed=seed,
            use_cpu=not torch.cuda.is_available(),
        )  # fmt: skip
        started = time.perf_counter()
        told = tokenizer(task.texts(parts.train)[:, 0].tolist(), truncation=True, max_length=64)
        rows = [
            {"input_ids": ids, "labels": int(y)} for ids, y in zip(told["input_ids"], parts.train.y)
        ]
        Trainer(
            net, settings, train_dataset=rows, optimizers=(optimiser, None),
            data_collator=DataCollatorWithPadding(tokenizer),
        ).train()  # fmt: skip
        seconds = time.perf_counter() - started
    net.eval()
    return {"seconds": seconds, "loss": loss_of(_scores(net, tokenizer, task), parts.valid.y)}


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
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=32)
    said = parser.parse_args()
    parts = divided()
    some = np.random.default_rng(0).permutation(len(parts.train))[: said.rows]
    task = Task(replace(parts, train=parts.train.take(some)))
    full = Transformer(epochs=1, batch=said.batch)
    arms: dict[str, Callable[[int], dict[str, float]]] = {
        "trainer, full": lambda seed: trainer(task, full, seed),
        "ours, full": lambda seed: ours(task, full, seed),
        "ours, last 2": lambda seed: ours(
            task, Transformer(epochs=1, batch=said.batch, tune="last"), seed
        ),
    }
    told: dict[str, list[dict[str, float]]] = {name: [] for name in arms}
    for run in range(said.runs):
        for name, arm in arms.items():
            told[name].append(arm(run))
            print(json.dumps({"arm": name, "run": run, **told[name][-1]}), flush=True)
    base = statistics.median(one["seconds"] for one in told["trainer, full"])
    for name, each in told.items():
        seconds = statistics.median(one["seconds"] for one in each)
        loss = statistics.median(one["loss"] for one in each)
        print(
            f"{name:14} {said.rows / seconds:8.0f} rows/s  {base / seconds:5.2f} x  "
            f"valid loss {loss:.4f}"
        )


def divided() -> Parts:
    """Fashion by category, stratified."""
    problem = build("task", "classify").pose(ls.load("fashion"))
    return divide(problem, build("split", "stratified"), seed=0)


if __name__ == "__main__":
    main()
