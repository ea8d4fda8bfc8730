"""Whether the arms were given the units they were promised; before that, no lift means anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from longshelf.errors import InputError
from longshelf.trials.said import Said

__all__ = ["LIMIT", "SampleRatio", "check_sample_ratio"]

LIMIT = 0.001
"""Below this p-value lifts are withheld: something loses units of one arm."""


@dataclass(frozen=True, kw_only=True)
class SampleRatio:
    """Units per arm beside what was expected.

    Parameters
    ----------
    counts : mapping of str to int
        Units seen in each arm.
    expected : mapping of str to float
        Units that the shares promise of the same total.
    p : float
        Of Pearson's chi-square test; 1 without units.
    limit : float
        Below this p the lifts are withheld.
    """

    counts: Mapping[str, int]
    expected: Mapping[str, float]
    p: float
    limit: float = LIMIT

    @property
    def passed(self) -> bool:
        """Whether lifts may be shown."""
        return self.p >= self.limit

    def sentence(self) -> Said:
        """The verdict in words."""
        seen = ", ".join(
            f"{arm} {count:,} of {self.expected[arm]:,.0f}" for arm, count in self.counts.items()
        )
        zh = "，".join(
            f"{arm} {count:,}（应有 {self.expected[arm]:,.0f}）"
            for arm, count in self.counts.items()
        )
        if self.passed:
            return Said(
                f"sample ratio holds (p = {self.p:.3g}): {seen} expected",
                f"样本比例正常（p = {self.p:.3g}）：{zh}",
            )
        return Said(
            f"SAMPLE RATIO MISMATCH (p = {self.p:.2g} < {self.limit:g}): {seen} expected; no lift "
            "is shown. Look for an arm that loses visits: slow answers, errors, bots, redirects, "
            "shares changed on the way",
            f"样本比例不符（p = {self.p:.2g} < {self.limit:g}）：{zh}；不显示提升。请查找丢失访问的实验组："
            "回答慢、出错、机器人、跳转、中途改过分配比例",
        )


def check_sample_ratio(
    counts: Mapping[str, int], shares: Sequence[float], limit: float = LIMIT
) -> SampleRatio:
    """Hold the units of each arm against its share by Pearson's chi-square [1]_.

    Parameters
    ----------
    counts : mapping of str to int
        Randomised units per arm (users, where users are randomised; never impressions).
    shares : sequence of float
        Promised share of each arm, in the same order; an arm of share 0 must have no units.
    limit : float, default 0.001
        Below this p-value the check fails.

    Raises
    ------
    InputError
        Counts and shares that do not fit.

    References
    ----------
    .. [1] Fabijan et al., Diagnosing Sample Ratio Mismatch in Online Controlled Experiments,
       KDD 2019.

    Examples
    --------
    >>> check_sample_ratio({"plain": 821_588, "remedied": 815_482}, (0.5, 0.5)).passed
    False
    """
    seen, promised = np.array(list(counts.values()), dtype=float), np.asarray(shares, dtype=float)
    if len(seen) != len(promised) or (seen < 0).any():
        raise InputError(
            f"a sample ratio needs a count of 0 or more for each of {len(promised)} shares, "
            f"got {dict(counts)}"
        )
    expected = promised / promised.sum() * seen.sum()
    given = expected > 0
    if seen[~given].any():
        p = 0.0
    elif not seen.sum():
        p = 1.0
    else:
        square = ((seen - expected)[given] ** 2 / expected[given]).sum()
        p = float(chdtrc(max(int(given.sum()) - 1, 1), square))
    named = dict(zip(counts, expected.tolist(), strict=True))
    return SampleRatio(counts=dict(counts), expected=named, p=p, limit=limit)
