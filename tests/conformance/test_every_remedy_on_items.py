"""Every remedy on a ranking problem: it changes the lists, or says why it cannot.

What is defined on scores, labels and counts was written for classes and works on items unchanged.
"""

import numpy as np
import polars as pl
import pytest

import longshelf as ls
from longshelf.cache import Cache
from longshelf.components import known
from longshelf.errors import NotApplicable

HOW = {
    "task": "rank(k=10, depth=100)", "split": "by_time", "features": "ids",
    "model": "matrix_factorisation(epochs=2, width=8, batch=128, rate=0.05)",
}  # fmt: skip
DISTANCES = "ids and tokens have no distances"
NOT_ON_ITEMS = {
    "Adasyn": DISTANCES,
    "BorderlineSmote": DISTANCES,
    "ContextualCalibration": "inputs without content",
    "ContinuedPretraining": "a transformer",
    "FeatureDistributionSmoothing": "bins of a value",
    "Gan": DISTANCES,
    "Imblearn": DISTANCES,
    "LabelDistributionSmoothing": "bins of a value",
    "Expand": "no text column",
    "PerClassThreshold": "not item targets",
    "PositionBias": "no such column",
    "SelfPaced": "not item targets",
    "Smote": DISTANCES,
    "SmoteTomek": DISTANCES,
    "TomekLinks": DISTANCES,
    "ValidAmount": "these are items",
}
"""What has no meaning on items, and what its message says."""

BESIDE = {"LogQ": "InBatch"}
TYPED = {
    "FaStar": "FaStar(p=0.6)",
    "Ghm": "Ghm(bins=200)",
    "TailQuota": "TailQuota(share=0.5, k=10)",
    "TauNorm": "TauNorm(tau=1.0)",
}
"""Arguments that bite on lists as even as those of little training."""
SLIGHT = {"Focal", "Ghm", "Poly1"}
"""What hardly differs from the plain loss while every target is unlikely: scores move first."""


@pytest.fixture(scope="module")
def shop():
    return ls.load("marketplace(problem='interactions', users=150, items=120)")


@pytest.fixture(scope="module")
def lists(shop, tmp_path_factory):
    cache, kept = Cache(tmp_path_factory.mktemp("cache")), {}

    def of(strategy):
        if strategy not in kept:
            arm = ls.fit(shop, **HOW, strategy=strategy, cache=cache)
            kept[strategy] = arm.predicted
        return kept[strategy]

    return of


@pytest.mark.filterwarnings("ignore::longshelf.errors.LongShelfWarning")
@pytest.mark.parametrize("name", sorted(name for name in known("strategy") if name != "Strategy"))
def test_a_remedy_changes_the_lists_or_says_why_not(lists, name):
    typed, beside = TYPED.get(name, name), BESIDE.get(name)
    chain = f"{beside} + {typed}" if beside else typed
    if name in NOT_ON_ITEMS:
        with pytest.raises(NotApplicable, match=NOT_ON_ITEMS[name]):
            lists(chain)
        return
    plain, changed = lists(beside or "none"), lists(chain)
    assert plain.ids.shape == changed.ids.shape
    moved = not np.array_equal(plain.ids, changed.ids)
    assert moved or (name in SLIGHT and not np.array_equal(plain.scores, changed.scores))
    assert all(len(set(row)) == len(row) for row in changed.ids.tolist())


def test_propensities_and_places_come_with_the_data(shop, tmp_path):
    frame = shop.rows.with_columns(pl.col("position").cast(pl.String))
    assert frame["propensity"].min() > 0
    for strategy in ("Ips(by='logged')", "Snips(by='logged')"):
        arm = ls.fit(shop, **HOW, strategy=strategy, cache=Cache(tmp_path))
        assert arm.predicted.ids.shape[1] == 10
