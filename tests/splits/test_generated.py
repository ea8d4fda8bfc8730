"""Expand, merge, then re-split: refused, unless the parts were there before."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import longshelf as ls
from longshelf.components import build, known
from longshelf.errors import InputError
from longshelf.generators.provenance import generated, provenance
from longshelf.tasks.base import divide


@pytest.fixture(scope="module")
def merged():
    """A shop's rows with a published split, and variants of some of its training rows."""
    rows = ls.load("marketplace(items=600, imbalance=15)").rows.select("title", "category")
    part = np.random.default_rng(0).choice(["train", "valid", "test"], 600, p=[0.6, 0.2, 0.2])
    rows = rows.with_columns(split=pl.Series(part), origin=pl.lit("observed"))
    made = rows.filter(pl.col("split") == "train").head(90)
    made = made.with_columns(pl.col("title") + " new", origin=pl.lit("eda"))
    return pl.concat([rows, made])


def load(frame):
    return ls.load(frame, label="category", text=("title",))


@pytest.mark.parametrize("name", ["stratified", "fewer(train=100)", "k_fold"])
def test_a_split_that_is_drawn_is_refused_with_what_to_do(merged, name):
    with pytest.raises(InputError, match=r"90 generated rows \(eda 90\).*variants are in train"):
        divide(build("task", "classify").pose(load(merged)), build("split", name), 0)
    with pytest.raises(InputError, match=r"Expand\(generator=….*longshelf expand.*published"):
        ls.fit(load(merged), split=name)


def test_only_published_parts_and_the_split_that_shows_leaks_take_them():
    taking = {name for name, cls in known("split").items() if cls.leaky or "given" in vars(cls)}
    assert taking >= {"Published", "NaiveRandom", "Fewer"}
    assert build("split", "published").given
    assert build("split", "fewer(of=published)").given
    assert not build("split", "fewer").given
    assert [name for name, cls in known("split").items() if cls.leaky] == ["NaiveRandom"]


def test_published_parts_keep_them_in_train_and_slices_count_the_observed(merged):
    problem = build("task", "classify").pose(load(merged))
    parts = divide(problem, build("split", "published"), 0)
    observed = merged.filter(pl.col("origin") == "observed", pl.col("split") == "train").height
    assert parts.targets.natural.sum() == observed
    assert parts.targets.seen.sum() == observed + 90
    assert (parts.train.origin == "eda").sum() == 90
    assert any("90 generated rows" in finding for finding in parts.findings)
    arm = ls.fit(load(merged), split="published", strategy="Expand(generator=duplicate, to='1x')")
    assert arm.about["rows"] <= 2 * observed + 90


def test_a_generated_row_cannot_judge(merged):
    wrong = merged.with_columns(
        pl.when(pl.col("origin") == "eda").then(pl.lit("test")).otherwise("split").alias("split")
    )
    with pytest.raises(InputError, match=r"90 of the 90 generated rows.*marked valid or test"):
        ls.fit(load(wrong), split="published")


def test_a_careless_split_shows_what_the_leak_is_worth(merged):
    arm = ls.fit(load(merged), split="naive_random")
    assert any("scores are inflated" in finding for finding in arm.parts.findings)
    assert (arm.parts.test.id >= 600).any()


def test_what_expand_writes_is_no_input_and_a_country_is_one(merged):
    told = merged.with_columns(generator=pl.lit("eda"), score_length=pl.lit(4.0))
    assert provenance(told) == ["origin", "generator", "score_length"]
    guessed = ls.load(told, label="category")
    assert not set(provenance(told)) & set(guessed.schema.columns)
    country = merged.with_columns(
        pl.Series("origin", np.resize(["China", "India", "eda"], merged.height))
    )
    assert not generated(country).any()
    assert provenance(country) == []
    assert "origin" in ls.load(country, label="category").schema.categorical
    ls.fit(load(country), model="prior", features="nothing")
