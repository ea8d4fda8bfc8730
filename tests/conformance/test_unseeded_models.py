"""A model that says it reads no seed reads none: its fit serves every seed of a fixed split."""

import numpy as np
import polars as pl
import pytest

import longshelf as ls
from longshelf.cache import Cache
from longshelf.components import build, known, snake
from longshelf.learning import learn
from longshelf.strategies import Strategy
from longshelf.tasks.base import divide

HOW = {
    "class": ("classify", "stratified", "tf_idf"),
    "cluster": ("cluster", "stratified", "tf_idf"),
    "item": ("rank(k=10, depth=50)", "leave_last_out", "ids"),
    "search": ("search(k=10, depth=50)", "by_query", "words"),
    "text": ("generate(attributes=['colour'])", "stratified", "conditions"),
    "value": ("regress", "by_time", "tabular"),
}
OTHER = {
    "Bm25": ("search", "words", "bm25"),
    "DenseRetrieval": ("search", "words", "dense_retrieval(encoder='tf_idf')"),
    "ExactTitle": ("cluster", "words", "exact_title"),
    "NameMatch": ("class", "name_hits", "name_match"),
    "NameSimilarity": ("class", "words", "name_similarity(encoder='tf_idf(min_rows=1)')"),
}
"""Problem, features and arguments of the models that read other features."""
UNSEEDED = {name: cls for name, cls in known("model").items() if not cls.seeded}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return Cache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def parts():
    titles = ls.load("marketplace(items=300, imbalance=20)")
    day = np.arange(300)
    demand = pl.DataFrame({"demand": day % 7 + 0.1 * day, "x": np.sin(day), "day": day})
    data = {
        "class": titles,
        "cluster": titles,
        "item": ls.load("marketplace(problem='interactions', users=300, items=120)"),
        "search": ls.load("marketplace(problem='search', users=80, items=100)"),
        "text": titles,
        "value": ls.load(demand, label="demand", numeric=("x",), time="day"),
    }
    return {
        kind: divide(build("task", task).pose(data[kind]), build("split", split), 0)
        for kind, (task, split, _) in HOW.items()
    }


@pytest.mark.parametrize("name", sorted(UNSEEDED))
def test_another_generator_gives_the_same_outputs_and_is_left_as_it_was(parts, cache, name):
    usual = min(UNSEEDED[name].kinds & set(HOW))
    kind, reads, typed = OTHER.get(name, (usual, HOW[usual][2], snake(name)))
    features, model = build("features", reads), build("model", typed)
    generators = [np.random.default_rng(seed) for seed in (0, 1)]
    before = [generator.bit_generator.state for generator in generators]
    one, two = (
        learn(parts[kind], features, model, Strategy(), generator, cache).outputs
        for generator in generators
    )
    assert list(one) == list(two)
    for key in one:
        np.testing.assert_array_equal(one[key], two[key])
    assert [generator.bit_generator.state for generator in generators] == before
