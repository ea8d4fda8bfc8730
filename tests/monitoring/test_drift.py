"""Drift and label shift: against scipy, by hand, and on shifts whose size is known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2_contingency, ks_2samp, spearmanr

from longshelf.errors import InputError
from longshelf.monitoring import black_box_shift, drift_of, expected_prior, psi
from longshelf.monitoring.drift import ks, popularity, words

RNG = np.random.default_rng(11)


def test_tests_are_scipys() -> None:
    one, two = RNG.normal(0, 1, 800), RNG.normal(0.1, 1, 600)
    assert ks(one, two) == pytest.approx(ks_2samp(one, two, method="asymp").pvalue, rel=0.05)
    letters = [pl.Series(RNG.choice(list("abcd"), n, p=p)) for n, p in ((500, [0.4, 0.3, 0.2, 0.1]), (400, [0.3, 0.3, 0.2, 0.2]))]  # fmt: skip
    table = [[(side == letter).sum() for letter in "abcd"] for side in letters]
    found = drift_of("letter", *letters)
    assert found.p == pytest.approx(chi2_contingency(table).pvalue, rel=1e-9)
    assert found.bins == 5


def test_the_index_by_hand_and_its_chance() -> None:
    p, q = np.array([50.5, 50.5]) / 101, np.array([80.5, 20.5]) / 101
    assert psi(np.array([50, 50]), np.array([80, 20])) == pytest.approx(
        ((q - p) * np.log(q / p)).sum()
    )
    same = [
        drift_of("x", pl.Series(RNG.normal(size=400)), pl.Series(RNG.normal(size=300)))
        for _ in range(200)
    ]
    chance = 9 * (1 / 400 + 1 / 300)
    assert np.mean([d.psi for d in same]) == pytest.approx(chance, rel=0.12)
    assert np.mean([d.excess(400, 300) for d in same]) < chance / 2
    with pytest.raises(InputError, match="equal bins"):
        psi(np.ones(2), np.ones(3))


def test_new_values_and_words_are_drift_and_emptiness_is_none() -> None:
    old = pl.Series(["red shirt", "blue shirt", "RED mug"] * 50)
    new = pl.Series(["蓝色 衬衫", "red shirt"] * 50)
    spoken = [words(side).explode() for side in (old, new)]
    assert "衬" in spoken[1].to_list()
    assert drift_of("words", *spoken).psi > 0.5
    assert drift_of("words", *spoken).p < 1e-6
    assert drift_of("words", spoken[0], spoken[0]).psi == pytest.approx(0)
    assert drift_of("price", pl.Series([1.0, None]), pl.Series([None], dtype=pl.Float64)) is None


def test_popularity_is_spearmans_and_counts_what_is_new() -> None:
    old = pl.Series(RNG.zipf(1.5, 3000).clip(1, 40).astype(str))
    new = pl.Series(RNG.zipf(1.5, 2000).clip(1, 50).astype(str))
    items = sorted(set(old) | set(new))
    counts = [[(side == item).sum() for item in items] for side in (old, new)]
    correlation, fresh = popularity(old, new)
    assert correlation == pytest.approx(spearmanr(*counts).statistic)
    assert fresh == pytest.approx(1 - new.is_in(old.to_list()).mean())
    assert np.isnan(popularity(pl.Series(["a"]), pl.Series(["a"]))[0])


def classified(n: int, prior, rng):
    """Two normal classes and the calibrated probabilities of a half-and-half training set."""
    truth = (rng.random(n) < prior).astype(int)
    x = rng.normal(2 * truth - 1, 1.2)
    p = 1 / (1 + np.exp(-2 * x / 1.44))
    return truth, np.stack([1 - p, p], axis=1)


def test_both_estimates_find_the_prior_that_rows_were_drawn_with() -> None:
    truth, p = classified(4000, 0.5, RNG)
    decided = p.argmax(axis=1)
    for prior in (0.05, 0.3, 0.8):
        _, now = classified(8000, prior, RNG)
        em = expected_prior(now, np.array([0.5, 0.5]))[1]
        bbse = black_box_shift(truth, decided, now.argmax(axis=1), 2)[1]
        assert (em, bbse) == pytest.approx((prior, prior), abs=0.03)
        assert abs(now.argmax(axis=1).mean() - prior) > 0.03
    with pytest.raises(InputError, match="rows of 2"):
        expected_prior(np.ones((3, 3)), np.array([0.5, 0.5]))
    with pytest.raises(InputError, match="above 0"):
        expected_prior(np.ones((3, 2)), np.array([1.0, 0.0]))
    with pytest.raises(InputError, match="labelled rows"):
        black_box_shift(np.array([], int), np.array([], int), np.array([1]), 2)
