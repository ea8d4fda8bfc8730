"""The simulator's queries and judgements against the truth they were drawn from."""

from __future__ import annotations

import polars as pl
import pytest

from longshelf.datasets import Marketplace
from longshelf.datasets.marketplace.search import GRADES, WANTS, queries
from longshelf.tables import Dataset


@pytest.fixture(scope="module")
def shop() -> Marketplace:
    return Marketplace(problem="search", users=400, items=1500, seed=3)


@pytest.fixture(scope="module")
def searched(shop: Marketplace) -> Dataset:
    return shop.load()


def test_equal_dials_give_equal_judgements(searched: Dataset) -> None:
    again = Marketplace(problem="search", users=400, items=1500, seed=3).load()
    assert again.fingerprint == searched.fingerprint


def test_every_search_is_counted_and_no_pair_is_judged_twice(searched: Dataset) -> None:
    assert searched.sources is not None
    assert searched.sources["searches"].sum() == 400
    assert searched.sources["text"].is_unique().all()
    assert searched.rows.select("query", "item").is_unique().all()


def test_labels_follow_from_the_true_properties(shop: Marketplace, searched: Dataset) -> None:
    asked = queries(shop.catalogue, shop.words, shop.users, shop._rng(7))
    departments = [one.name for one in shop.words.departments]
    classes = shop.words.classes.tolist()
    items = shop.catalogue.frame
    for query, item, label in searched.rows.select("query", "item", "label").iter_rows():
        want = asked.row(query, named=True)
        told = [name for name in WANTS if want[name]]
        met = [name for name in told if shop.catalogue.parts[name][item] == want[name]]
        near = items["department"][item] == departments[want["department"]]
        named = near
        if want["category"] >= 0:
            named = items["true_category"][item] == classes[want["category"]]
        if named:
            assert label == ("exact" if met == told else "substitute")
        else:
            assert label == ("complement" if near and met else "irrelevant")


def test_grades_and_kinds(searched: Dataset) -> None:
    pairs = searched.rows.select("label", "grade").unique()
    assert dict(pairs.iter_rows()) == GRADES
    assert set(searched.rows["kind"]) == {"own words", "other words", "vague"}


def test_chinese_queries_are_written_without_spaces() -> None:
    told = Marketplace(problem="search", users=50, items=500, language="zh").load()
    assert told.sources is not None
    assert not told.sources.select(pl.col("text").str.contains(" ").any()).item()
