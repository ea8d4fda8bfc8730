"""What a model is worth off the policy that logged its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.metrics.base import Reads
from longshelf.metrics.likelihood import LogLoss
from longshelf.metrics.reading import Reading
from longshelf.metrics.rows import RowMetric, everyone
from longshelf.tables import BoolArray, FloatArray

__all__ = ["ClickRateIps", "LogLossIps", "PolicyValue"]

CLIP = 0.01


@dataclass(frozen=True, kw_only=True)
class _Logged(RowMetric):
    """Counts each row as often as the logging policy showed it too seldom."""

    clip: float = CLIP

    def __post_init__(self) -> None:
        if not 0 < self.clip <= 1:
            raise InputError(f"{type(self).__name__}'s clip must be in (0, 1], got {self.clip}")

    def applies(self, reading: Reading) -> bool:
        return super().applies(reading) and reading.scored.rows.propensity is not None

    def weight(self, reading: Reading) -> FloatArray:
        """One over the clipped propensity of each row; (n,)."""
        logged = reading.scored.rows.propensity
        if logged is None:
            raise TypeError("the rows hold no propensities")
        return np.asarray(1 / np.maximum(logged, self.clip))


@dataclass(frozen=True, kw_only=True)
class LogLossIps(_Logged, LogLoss):
    """Log loss on rows weighted by 1/propensity, self-normalised: as if all had been shown alike [1]_.

    Parameters
    ----------
    clip : float in (0, 1], default 0.01
        Smaller propensities count as this.

    Raises
    ------
    InputError
        If ``clip`` is out of range.

    References
    ----------
    .. [1] Swaminathan and Joachims, The Self-Normalized Estimator for Counterfactual Learning,
       NIPS 2015, eq. 8.

    Examples
    --------
    >>> LogLossIps().id
    'log_loss_ips'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "sum of -log p[true] / propensity over the sum of 1 / propensity"

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        top, bottom = super().rows(reading, source, members)
        weight = self.weight(reading)
        return top * weight, bottom * weight


@dataclass(frozen=True, kw_only=True)
class ClickRateIps(_Logged):
    """Rate of the rarer class if only the pairs scored highest were shown, corrected for the log [1]_.

    A self-normalised estimate of a policy that shows the best ``share`` of the test part's pairs of
    context and item: with the share 1 it is the rate under a policy that shows all alike.

    Parameters
    ----------
    clip : float in (0, 1], default 0.01
        Smaller propensities count as this.
    share : float in (0, 1], default 0.1
        Pairs shown; more where scores tie at the limit.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] Swaminathan and Joachims, The Self-Normalized Estimator for Counterfactual Learning,
       NIPS 2015, eq. 8.

    Examples
    --------
    >>> ClickRateIps(share=0.2).id
    'click_rate_ips(share=0.2)'
    """

    abstract: ClassVar[bool] = False
    reads: ClassVar[Reads] = "score"
    sliced: ClassVar[bool] = False
    definition: ClassVar[str] = (
        "sum of clicks / propensity over the sum of 1 / propensity, in the share scored highest"
    )

    share: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.share <= 1:
            raise InputError(f"ClickRateIps' share must be in (0, 1], got {self.share}")

    def applies(self, reading: Reading) -> bool:
        return super().applies(reading) and len(reading.targets) == 2

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        shown = np.where(_best(reading, self.share), self.weight(reading), 0.0)
        every = everyone(reading, members)
        return shown * (reading.truth == reading.positive) * every, shown * every


@dataclass(frozen=True, kw_only=True)
class PolicyValue(RowMetric):
    """True rate of the rarer class if only the pairs scored highest were shown; simulators know it.

    What :class:`ClickRateIps` estimates from a log, said by the truth the log was drawn from: the
    value of a policy that shows the best ``share`` of the test part's pairs, ten of a hundred by
    default.

    Parameters
    ----------
    share : float in (0, 1], default 0.1
        Pairs shown; more where scores tie at the limit.

    Raises
    ------
    InputError
        If ``share`` is out of range.

    Examples
    --------
    >>> PolicyValue().id
    'policy_value'
    """

    abstract: ClassVar[bool] = False
    reads: ClassVar[Reads] = "score"
    sliced: ClassVar[bool] = False
    definition: ClassVar[str] = "mean true probability in the share scored highest"

    share: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(f"PolicyValue's share must be in (0, 1], got {self.share}")

    def applies(self, reading: Reading) -> bool:
        known = reading.scored.rows.chance is not None
        return super().applies(reading) and known and len(reading.targets) == 2

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        chance = reading.scored.rows.chance
        if chance is None:
            raise TypeError("the rows hold no true probabilities")
        shown = _best(reading, self.share) * everyone(reading, members)
        return shown * chance, shown


def _best(reading: Reading, share: float) -> BoolArray:
    """Whether a row is among those that the rarer class leads the most; (n,)."""
    rare, score = reading.positive, reading.scored.scores
    margin = score[:, rare] - score[:, 1 - rare]
    return np.asarray(margin >= np.sort(margin)[-max(1, round(share * reading.n))])
