"""The fit behind a cell once more, with the features that a run does not keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from longshelf.cache import Cache
from longshelf.errors import InputError
from longshelf.features import Features, FittedFeatures
from longshelf.generators.ledger import Ledger
from longshelf.learning import Learned, before, learn, without_leaks
from longshelf.models.base import Model
from longshelf.strategies import Strategy
from longshelf.tasks.base import Parts

__all__ = ["Refit", "refit"]


@dataclass(frozen=True)
class Refit:
    """A fit at hand.

    Parameters
    ----------
    features : FittedFeatures
        As the fit read rows through them.
    learned : Learned
        With the model itself.
    """

    features: FittedFeatures
    learned: Learned

    @property
    def fitted(self) -> Any:
        """The model."""
        return self.learned.fitted


def refit(
    parts: Parts,
    features: Features,
    model: Model,
    strategy: Strategy,
    rng: Callable[[], np.random.Generator],
    cache: Cache,
) -> Refit:
    """Fit as the run did, and keep the features.

    Parameters
    ----------
    parts : Parts
        The problem divided as the cell divides it.
    features, model, strategy
        Components of the cell.
    rng : callable
        Gives the cell's generator afresh: rows a strategy generates are made twice, alike.
    cache : Cache
        For features.

    Raises
    ------
    InputError
        If the task fits more than once.
    NotApplicable
        As for :func:`longshelf.learning.learn`.
    """
    if type(parts.problem.task).looped:
        raise InputError(
            f"the task {parts.problem.task.title} learns from its own lists, round after round; "
            "export a cell of the task rank"
        )
    early = before(strategy)
    train = parts.train
    if "expand" in early.hooks:
        train = without_leaks(early.expand(train, parts.targets, rng()), parts, Ledger())
    held = features.fit(train, parts.problem.reads)
    return Refit(held, learn(parts, features, model, early, rng(), cache))
