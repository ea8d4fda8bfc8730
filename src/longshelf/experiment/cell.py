"""A cell: one combination of everything, with a key in two parts."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from longshelf.cache import digest
from longshelf.components import show
from longshelf.experiment.code import code_of, module_hash, package_hash
from longshelf.experiment.weights import weights_of
from longshelf.features import Features
from longshelf.learning import after, fitting
from longshelf.models.base import Model
from longshelf.splits.base import Split
from longshelf.strategies import Strategy
from longshelf.tasks.base import Task

__all__ = ["Cell"]

SHARED = (
    "longshelf.training", "longshelf.recipe", "longshelf.evidence", "longshelf.learning",
    "longshelf.models.network",
    "longshelf.strategies.chain", "longshelf.quick", "longshelf.generators.leaks",
    "longshelf.prepare.likeness", "longshelf.prepare.shingles",
)  # fmt: skip
"""Modules every fit depends on, besides those of its own components."""

JUDGING = ("longshelf.corrections", "longshelf.slices", "longshelf.metrics.tuning")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """dataset x task x split x features x model x strategy x seed.

    Parameters
    ----------
    dataset : str
        The data source as typed.
    fingerprint : str
        Hash of the rows it gave.
    rule : str
        How targets are cut into head, torso and tail.
    """

    dataset: str
    fingerprint: str
    task: Task
    split: Split
    features: Features
    model: Model
    strategy: Strategy
    seed: int
    rule: str = "mass"

    @property
    def columns(self) -> dict[str, Any]:
        """The columns that name this cell in every table."""
        return {
            "cell": self.name,
            "dataset": self.dataset,
            "task": self.task.title,
            "split": show(self.split),
            "features": show(self.features),
            "model": show(self.model),
            "strategy": show(self.strategy),
            "seed": self.seed,
        }

    @cached_property
    def name(self) -> str:
        """As the tables print it."""
        parts = (self.split, self.features, self.model, self.strategy)
        return "/".join((self.dataset, self.task.title, *map(show, parts), f"seed{self.seed}"))

    @cached_property
    def fit_key(self) -> str:
        """What the fit depends on: data, split, features, model, strategy up to the fit, code.

        The seed too, where anything reads it, so that a fit without chance is made once.
        """
        return self._fit_key(self.split)

    @cached_property
    def learn_key(self) -> str:
        """What the learner depends on: the fit's key without what its test part alone is made by."""
        return self._fit_key(self.split.learning)

    def _fit_key(self, split: Split) -> str:
        fit = (split, self.features, self.model, fitting(self.task, self.strategy))
        shared = [module_hash(module) for module in (*SHARED, *type(self.task).uses)]
        posed = {
            one.name: getattr(self.task, one.name)
            for one in fields(self.task)
            if one.name not in type(self.task).judging
        }
        drawn = split.seeded or self.model.seeded or type(self.task).looped
        seeded = drawn or bool(fitting(self.task, self.strategy).hooks)
        seed = self.seed if seeded else None
        head = (self.fingerprint, type(self.task).__name__, posed, seed)
        saved = weights_of(*fit)
        return digest(*head, *fit, code_of(self.task, *fit), shared, *([saved] if saved else []))

    @cached_property
    def key(self) -> str:
        """The fit's key, the seed, and what comes after it."""
        late = after(self.strategy)
        judging = [module_hash(module) for module in JUDGING] + [package_hash("longshelf.metrics")]
        return digest(
            self.fit_key, self.seed, self.task, self.rule,
            show(self.strategy), late, code_of(late), judging,
        )  # fmt: skip

    @property
    def rng(self) -> np.random.Generator:
        """The same for every strategy, so arms start alike and differ by what the remedy does."""
        split = show(self.split.learning)
        shared = digest(self.fingerprint, show(self.features), show(self.model), split)
        return np.random.default_rng([self.seed, int(shared[:15], 16)])
