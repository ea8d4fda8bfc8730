"""Any sampler of imbalanced-learn, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.strategies.base import Strategy
from longshelf.strategies.resample import delivery
from longshelf.tables import Matrix, Resampled, Rows, Targets

__all__ = ["Imblearn"]


@cache
def samplers() -> Mapping[str, Any]:
    """Every sampler the installed library offers, by class name."""
    from imblearn.utils.testing import all_estimators

    return dict(all_estimators(type_filter="sampler"))


@dataclass(frozen=True, kw_only=True)
class Imblearn(Strategy):
    """A sampler of imbalanced-learn as it is, with its own defaults.

    Nothing falls back: where the library refuses the data the cell is not applicable, with the
    library's reason.

    Parameters
    ----------
    sampler : str, default "SMOTE"
        Class name, such as ``BorderlineSMOTE`` or ``NearMiss``.
    arguments : mapping, default {}
        Its keyword arguments; ``random_state`` is set from the cell's seed unless given.

    Raises
    ------
    InputError
        If the library has no such sampler, or the sampler no such argument.

    References
    ----------
    .. [1] Lemaitre et al., Imbalanced-learn, JMLR 2017, arXiv:1609.06570.

    Examples
    --------
    >>> Imblearn(sampler="NearMiss", arguments={"version": 2}).hooks
    frozenset({'resample'})
    """

    sampler: str = "SMOTE"
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._made(0)

    def _made(self, seed: int) -> Any:
        if self.sampler not in samplers():
            raise unknown("sampler", self.sampler, samplers())
        cls = samplers()[self.sampler]
        allowed = cls._get_param_names()
        for argument in self.arguments:
            if argument not in allowed:
                raise unknown(f"argument of {self.sampler}", argument, allowed)
        seeded = {"random_state": seed} if "random_state" in allowed else {}
        try:
            return cls(**{**seeded, **self.arguments})
        except TypeError as error:
            raise InputError(f"cannot make the sampler {self.sampler}: {error}") from error

    def resample(
        self, X: Matrix, rows: Rows, targets: Targets, rng: np.random.Generator
    ) -> Resampled:
        code = delivery.codes(rows, self.sampler)
        X = delivery.features(X, rows, self.sampler)
        try:
            return delivery.delivered(self._made(delivery.seed(rng)), X, code)
        except (ValueError, RuntimeError, TypeError) as error:
            raise NotApplicable(f"{self.sampler} refuses these rows: {error}") from error
