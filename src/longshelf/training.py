"""The one training loop: every learning hook is called here, each at one marked place."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from longshelf.curves import Curve, listening
from longshelf.evidence import meet
from longshelf.models.base import Head
from longshelf.models.batches import Batch, Criterion, Data, plain_loss
from longshelf.models.network import Net, Ordered, blocks, bucketed, to_batch
from longshelf.quick import quick_score
from longshelf.recipe import Recipe, Schedule, optimiser
from longshelf.strategies.base import Stage, Strategy
from longshelf.strategies.chain import Chain
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid
from longshelf.together import (
    agree,
    devices,
    shares,
    start_alike,
    sum_slopes,
    summed,
    together,
)  # fmt: skip
from longshelf.unfinished import Bookmark, Unfinished, rng_state, set_rng, unfinished

__all__ = ["Batch", "Criterion", "FittedNet", "plain_loss", "train"]

LEAST = 10_000
"""Rows drawn in an epoch, at least, where an epoch is filled."""

WATCHED = 10_000_000
"""Validation scores computed after an epoch, at most."""


@dataclass
class FittedNet:
    """A trained network, able to score.

    Parameters
    ----------
    net : Net
    history : list of dict
        Loss, validation score, steps and seconds per epoch.
    """

    net: Net
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.net.free().values())

    @property
    def head(self) -> Head | None:
        head: Any = self.net.head
        if not getattr(head, "linear", False):
            return None
        self.net.eval()
        with torch.no_grad():
            return Head(head.weight.detach().cpu().numpy(), head.bias.detach().cpu().numpy())

    @torch.inference_mode()
    def scores(self, X: Matrix, block: int = 8192) -> FloatArray:
        """Scores of all targets, in blocks of rows; (n, C) float32."""
        return self._forward(X, block, self.net)

    @torch.inference_mode()
    def embeddings(self, X: Matrix, block: int = 8192) -> FloatArray:
        """What the head reads; (n, d) float32."""
        return self._forward(X, block, self.net.embed)

    def _forward(self, X: Matrix, block: int, read: Any) -> FloatArray:
        self.net.eval()
        device = next(self.net.parameters()).device
        found: FloatArray | None = None
        for index in blocks(X, block):
            part = read(to_batch(X, index, device)).float().cpu().numpy()
            if found is None:
                found = np.empty((X.shape[0], *part.shape[1:]), np.float32)
            found[index] = part
        assert found is not None
        return found


def train(
    net: Net,
    X: Matrix,
    rows: Rows,
    valid: Valid,
    targets: Targets,
    strategy: Strategy,
    rng: np.random.Generator,
    recipe: Recipe,
) -> FittedNet:
    """Fit a network through every learning hook of a strategy.

    Parameters
    ----------
    net : Net
        As the model made it, before ``build``.
    X, rows
        Training part, n rows.
    valid : Valid
        For early stopping; without rows, every epoch is taken and the last one kept.
    targets : Targets
        With natural and seen counts.
    strategy : Strategy
        Its learning hooks are called.
    rng : numpy.random.Generator
        Order, sampling and every random layer follow it.
    recipe : Recipe
        How to optimise.

    Returns
    -------
    FittedNet
        With the parameters of the best validation epoch of the last stage.
    """
    given = net, X, rows, valid, targets, strategy, rng, recipe
    file, curve, count = unfinished(), listening(), devices()
    here = Fabric(accelerator="auto", devices=1, precision=recipe.precision)
    if count == 1:
        return _train(here, *given, file, curve)
    fitted: FittedNet = together(_train, count, recipe.precision, *given)[0]
    fitted.net.to(here.device)
    if curve:
        curve.retell(fitted.history)
    return fitted


def _train(
    fabric: Fabric,
    net: Net,
    X: Matrix,
    rows: Rows,
    valid: Valid,
    targets: Targets,
    strategy: Strategy,
    rng: np.random.Generator,
    recipe: Recipe,
    file: Unfinished | None = None,
    curve: Curve | None = None,
) -> FittedNet:
    data = Data.of(X, rows)
    net = strategy.build(net, targets).to(fabric.device)  # hook: build
    fitted = FittedNet(net)
    stages = strategy.stages()  # hook: stages
    before = file.load() if file else None
    done = 0.0
    for number, stage in enumerate(stages):
        active = Chain.during(strategy, stage)
        if before is None or number >= before["stage"]:
            at = Bookmark(file, number, before if before and number == before["stage"] else None)
            _learn_stage(
                fabric, fitted, data, valid, targets, active, stage, done, rng, recipe, at, curve
            )
        done += stage.share
    if fabric.world_size > 1:
        net.cpu()
    return fitted


def _learn_stage(
    fabric: Fabric,
    fitted: FittedNet,
    data: Data,
    valid: Valid,
    targets: Targets,
    strategy: Strategy,
    stage: Stage,
    done: float,
    rng: np.random.Generator,
    recipe: Recipe,
    bookmark: Bookmark,
    curve: Curve | None,
) -> None:
    net, rows = fitted.net, data.rows
    if stage.reset:
        head: Any = net.head
        head.reset()
    start_alike(fabric, net)
    net.open(stage.learn)
    moving = optimiser(net, recipe, stage.rate)
    met = meet(strategy, rows, targets)  # hooks: sample, weigh
    weight = torch.from_numpy(met.weights.astype(np.float32))
    whole = _draws(rows, targets, LEAST if recipe.filled else 1)
    epochs, draws = _passes(recipe.epochs * stage.share, whole)
    steps = epochs * -(-draws // recipe.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(moving, Schedule(steps, recipe.warmup))
    X_watched, y_watched = _watched(valid, len(targets), recipe.watched)
    best, kept, waited, first = -np.inf, None, 0, 0
    before = bookmark.put_back(fitted, moving, schedule)
    if before is not None:
        best, kept, waited, first = (before[k] for k in ("best", "kept", "waited", "epoch"))
        set_rng(rng, before["order"])
    for epoch in range(first, epochs):
        net.train()
        total, steps_done, started = 0.0, 0, time.perf_counter()
        taken = sum(int(one["steps"]) for one in fitted.history)
        agree(fabric, rng)
        begun = rng_state(rng)
        batches = list(_order(data.X, len(rows), draws, met.law, recipe, rng))
        if before is not None:
            total, steps_done = before["total"], before["steps"]
            set_rng(rng, before["rng"])
            before = None
        for index in batches[steps_done:]:
            moving.zero_grad(set_to_none=True)
            for part, count in shares(fabric, index, recipe.accumulate):
                batch = data.batch(part, weight, fabric.device)
                batch.epoch = epoch
                batch.progress = done + stage.share * epoch / epochs
                with fabric.autocast():
                    loss = _batch_loss(net, batch, data, met.targets, strategy, rng, recipe)
                torch.autograd.backward(loss * (count / len(index)))
                total += float(loss.detach()) * count
            sum_slopes(fabric, net)
            moving.step()
            schedule.step()
            steps_done += 1
            if curve and curve.due:
                so_far, share = sum(map(len, batches[:steps_done])), steps_done / len(batches)
                curve.tell(
                    taken + steps_done, loss=total / so_far, rate=_rate(moving),
                    epoch=len(fitted.history) + share,
                )  # fmt: skip
            if bookmark.due:
                bookmark.write(
                    fitted, moving, schedule, epoch=epoch, steps=steps_done, total=total, best=best,
                    kept=kept, waited=waited, order=begun, rng=rng_state(rng),
                )  # fmt: skip
        total = summed(fabric, total)
        score = fabric.broadcast(
            quick_score(fitted.scores(X_watched), y_watched, targets) if len(valid.rows) else np.nan
        )
        spent = time.perf_counter() - started
        told = {"loss": total / draws, "valid": score, "steps": steps_done, "seconds": spent}
        fitted.history.append(told)
        if curve:
            curve.tell(
                taken + steps_done, loss=total / draws, valid=score, rate=_rate(moving),
                epoch=len(fitted.history),
            )  # fmt: skip
        if not score <= best:
            best, waited = score, 0
            kept = copy.deepcopy(net.learned()) if epoch + 1 < epochs else None
        else:
            waited += 1
        if recipe.patience and waited >= recipe.patience:
            break
    if kept is not None:
        net.load_state_dict(kept, strict=False)


def _rate(moving: Any) -> float:
    """The highest learning rate of the next step."""
    return max(float(group["lr"]) for group in moving.param_groups)


def _watched(valid: Valid, width: int, most: int) -> tuple[Matrix, Any]:
    """The validation rows early stopping looks at: all, or an even sample where scores are many."""
    n = len(valid.rows)
    every = max(1, -(-n // most) if most else n * width // WATCHED)
    return (valid.X, valid.rows.y) if every == 1 else (valid.X[::every], valid.rows.y[::every])


def _draws(rows: Rows, targets: Targets, least: int) -> int:
    """Rows drawn in an epoch.

    Never more than were observed, so that every arm takes as many steps, and never fewer than
    ``least``.
    """
    observed = len(rows) if targets.kind == "multilabel" else int(targets.natural.sum())
    return max(min(len(rows), observed), least)


def _passes(epochs: float, draws: int) -> tuple[int, int]:
    """Epochs of a stage and rows drawn in each: a part of an epoch is one of fewer rows.

    Examples
    --------
    >>> _passes(2, 8000), _passes(1.6, 8000), _passes(0.4, 8000)
    ((2, 8000), (2, 6400), (1, 3200))
    """
    count = max(1, math.ceil(round(epochs, 6)))
    return count, max(1, round(draws * epochs / count))


def _order(
    X: Matrix, n: int, draws: int, law: FloatArray | None, recipe: Recipe, rng: np.random.Generator
) -> Iterator[IntArray]:
    if law is None and isinstance(X, Ordered):
        yield from X.order(draws, recipe.batch, rng)
        return
    if law is None:
        passes = [rng.permutation(n) for _ in range(-(-draws // n))]
        order = np.concatenate(passes)[:draws]
    else:
        order = rng.choice(n, size=draws, p=law)
    yield from bucketed(X, order, recipe.batch, recipe.window, rng)


def _batch_loss(
    net: Net,
    batch: Batch,
    data: Data,
    targets: Targets,
    strategy: Strategy,
    rng: np.random.Generator,
    recipe: Recipe,
) -> Tensor:
    if "negatives" in strategy.hooks:
        part = data.rows.take(batch.index)
        ids, log_q = strategy.negatives(
            part, targets, recipe.negatives, net, rng
        )  # hook: negatives
        targets = replace(targets.take(ids), log_q=log_q)
        place = np.full(int(max(ids.max(), part.code.max())) + 1, -1)
        place[ids] = np.arange(len(ids))
        batch.y = torch.from_numpy(place[part.code]).to(batch.y.device)
        batch.ids = torch.from_numpy(ids).to(batch.y.device)
    loss = strategy.step(net, batch, Criterion(strategy, targets))  # hook: step
    return loss + recipe.penalty * net.penalty(batch) if recipe.penalty else loss
