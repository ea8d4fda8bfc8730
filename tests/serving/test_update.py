"""Learning from feedback: the sweep against implicit's own, who is new, and what is rolled back."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

from longshelf.artifact import load, pseudonym, save_recommender
from longshelf.datasets import Marketplace
from longshelf.errors import InputError, NotApplicable
from longshelf.serving.update import Update, _foretold
from longshelf.simulation import Shop

KEY = b"no secret at all"
USERS, ITEMS, WIDTH = 800, 200, 16


@pytest.fixture(scope="module")
def shop():
    return Shop.of(Marketplace(users=USERS, items=ITEMS), k=10)


def name(user):
    return pseudonym(user, KEY)


@pytest.fixture(scope="module")
def made(shop, tmp_path_factory):
    """Factorised from the first clicks of three users in four."""
    from implicit.cpu.als import AlternatingLeastSquares

    early = shop.start.counts(USERS, ITEMS)[: USERS * 3 // 4]
    seen = sp.csr_matrix((early > 0).astype(np.float32))
    learner = AlternatingLeastSquares(
        factors=WIDTH, regularization=0.01, alpha=10.0, num_threads=1, random_state=0,
    )  # fmt: skip
    learner.fit(seen, show_progress=False)
    count = np.asarray(seen.sum(axis=0)).ravel().astype(int)
    rank = np.argsort(np.argsort(-count))
    goods = pl.DataFrame({
        "item": [str(one) for one in shop.items["item"]], "title": shop.items["title"],
        "category": shop.items["true_category"], "price": shop.items["price"], "count": count,
        "slice": np.select([rank < 20, rank < 80], ["head", "torso"], "tail"),
    })  # fmt: skip
    place = save_recommender(
        tmp_path_factory.mktemp("update") / "shop", name="shop", card={}, catalogue=goods,
        items=learner.item_factors, users=[name(user) for user in range(USERS * 3 // 4)],
        vectors=learner.user_factors, seen=seen,
    )  # fmt: skip
    return load(place)


def events(shop, rounds, seed=0, wrong=False):
    """Clicks on random lists; with ``wrong``, early ones by people with no taste at all."""
    rng = np.random.default_rng(seed)
    told = []
    for number in range(rounds):
        ids = np.argsort(rng.random((USERS, ITEMS)), axis=1)[:, :10]
        log = shop.clicks(ids, rng)
        item = rng.integers(ITEMS, size=len(log)) if wrong and number < rounds * 0.8 else log.item
        told += [(number + i / len(log), "click", name(user), str(shop.items["item"][one]))
                 for i, (user, one) in enumerate(zip(log.user.tolist(), item.tolist()))]  # fmt: skip
    return pl.DataFrame(told, schema=["time", "kind", "user", "item"], orient="row")


def test_the_sweep_of_users_is_that_of_implicit(shop, made):
    from implicit.cpu.als import AlternatingLeastSquares

    after = Update(margin=0.3).learn(made, events(shop, 5)).made
    learner = AlternatingLeastSquares(factors=WIDTH, regularization=0.01, alpha=1.0)
    learner.item_factors = made.items
    row = after.users.index(name(USERS - 1))
    own = sp.csr_matrix(after.seen[row] * 11.0)
    theirs = learner.recalculate_user(0, own)
    assert np.allclose(after.vectors[row], np.ravel(theirs), atol=2e-4)


def test_new_users_get_vectors_and_nobody_else_moves(shop, made):
    told = events(shop, 5).filter(pl.col("user").is_in([name(USERS - 1), name(3), name(7)]))
    outcome = Update(margin=0.3).learn(made, told)
    after = outcome.made
    assert outcome.users == 1
    assert after.users[-1] == name(USERS - 1)
    moved = np.flatnonzero((after.vectors[: len(made.users)] != made.vectors).any(axis=1))
    assert set(moved.tolist()) <= {3, 7}
    touched = set(told["item"].to_list())
    still = [at for at, item in enumerate(made.catalogue["item"]) if item not in touched]
    assert np.array_equal(after.items[still], made.items[still])
    grown = after.catalogue["count"].sum() - made.catalogue["count"].sum()
    assert 0 < grown <= outcome.learned
    again = Update(margin=0.3).learn(after, told).made
    assert again.catalogue["count"].sum() == after.catalogue["count"].sum()
    assert np.allclose(
        again.vectors[-1] @ again.items.T, after.vectors[-1] @ after.items.T, atol=0.2
    )


def test_true_clicks_help_and_clicks_without_taste_are_rolled_back(shop, made):
    good = Update(margin=0.05).learn(made, events(shop, 40))
    assert good.ships, good.sentence()
    every = {one.slice: one for one in good.slices}
    assert every["all"].small > every["all"].full
    bad = Update(margin=0.05).learn(made, events(shop, 40, wrong=True))
    assert not bad.ships
    assert "rolled back" in bad.sentence()
    assert any(one.verdict == "lost" for one in bad.slices)


def test_a_slice_with_few_acts_cannot_be_judged(shop, made):
    few = Update().learn(made, events(shop, 2).head(60))
    assert not few.ships
    assert "too few to judge" in few.sentence()


def test_a_new_item_is_found_where_its_like_are(made, shop):
    category = made.catalogue["category"].value_counts(sort=True)["category"][0]
    added = pl.DataFrame({
        "item": ["new", "odd", "0"], "title": ["a new one", "odd", "old"],
        "category": [category, "no such", category], "price": [9.0, None, 1.0],
    })  # fmt: skip
    outcome = Update(margin=0.3).learn(made, events(shop, 3), added)
    assert outcome.items == 2
    goods, vectors = outcome.made.catalogue, outcome.made.items
    assert goods["item"][-2:].to_list() == ["new", "odd"]
    assert goods["slice"][-1] == "tail"
    own = vectors[: len(made.items)][(made.catalogue["category"] == category).to_numpy()]
    before = made.items[(made.catalogue["category"] == category).to_numpy()]
    assert len(own) == len(before)
    assert np.allclose(vectors[-2], before.mean(axis=0), atol=1e-6)
    assert not vectors[-1].any()


def test_titles_foretell_the_vector_of_a_new_item(made, shop):
    rng = np.random.default_rng(0)
    text = rng.normal(size=(ITEMS, 6)).astype(np.float32)
    told = replace(made, items=(text @ rng.normal(size=(6, WIDTH))).astype(np.float32), text=text)
    assert np.allclose(_foretold(told, text[:5]), told.items[:5], atol=0.2)


def test_what_cannot_be_learned_from_is_said(made, shop):
    with pytest.raises(InputError, match="lack the column item"):
        Update().learn(made, pl.DataFrame({"time": [1.0], "kind": ["click"], "user": ["a"]}))
    strange = pl.DataFrame(
        {"time": [1.0, 2.0], "kind": ["click"] * 2, "user": [name(1)] * 2, "item": ["x", "y"]}
    )
    with pytest.raises(InputError, match="too few to learn"):
        Update().learn(made, strange)
    with pytest.raises(InputError, match="margin above 0"):
        Update(margin=0)
    biased = replace(made, biased=True)
    with pytest.raises(NotApplicable, match="bias"):
        Update().learn(biased, events(shop, 1))
