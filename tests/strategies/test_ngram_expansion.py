"""New texts: who they are made of, how many, and that nothing else moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from long_tailed import rows_of

from longshelf.errors import InputError, NotApplicable
from longshelf.generators.word_chains import WordChain, glue, words
from longshelf.strategies import NgramExpansion
from longshelf.tables import Targets

SHOES = ["Nike Men Red Running Shoes", "Adidas Men Blue Sports Shoes", "Puma Women Red Shoes"]
BAGS = ["Baggit Women Red Handbag", "Murcia Women Brown Casual Handbag"]


@pytest.fixture
def shop():
    texts = SHOES * 4 + BAGS
    code = np.array([0] * 12 + [1] * 2)
    rows = replace(
        rows_of(code, code),
        inputs=pl.DataFrame({"title": texts, "colour": ["x"] * 14, "price": range(14)}),
    )
    names = np.array(["shoes", "bags", "hats"])
    return rows, Targets(names=names).observed(rows)


def expanded(shop, strategy, seed=0):
    rows, targets = shop
    return strategy.expand(rows, targets, np.random.default_rng(seed))


def test_rare_targets_get_new_texts_to_the_floor(shop) -> None:
    rows = expanded(shop, NgramExpansion(to=8))
    assert shop[1].count(rows.code).tolist() == [12, 8, 0]
    assert rows.inputs[:14].equals(shop[0].inputs)
    new = rows.inputs[14:]
    assert new.columns == ["title", "colour", "price"]
    assert set(rows.id[14:].tolist()) == {-1}
    assert set(rows.origin[14:].tolist()) == {"ngram"}
    assert new["title"].n_unique() == 6
    assert not set(new["title"]) & set(shop[0].inputs["title"])
    vocabulary = {word for text in SHOES + BAGS for word in words(text)}
    assert {word for text in new["title"] for word in words(text)} <= vocabulary
    assert set(new["price"].to_list()) <= {12, 13}
    assert rows.y[14:].tolist() == [1] * 6


def test_words_come_mostly_from_the_targets_own_texts(shop) -> None:
    rows = expanded(shop, NgramExpansion(to=60))
    new = rows.inputs["title"].filter(pl.Series(rows.code == 1))[2:]
    own = {word for text in BAGS for word in words(text)}
    said = [word for text in new for word in words(text)]
    assert np.mean([word in own for word in said]) > 0.8
    assert any(word not in own for word in said)
    assert {len(words(text)) for text in new} == {4, 5}


def test_the_same_seed_writes_the_same_texts(shop) -> None:
    first, again = (expanded(shop, NgramExpansion(to=9), seed=3).inputs for _ in range(2))
    assert first.equals(again)
    assert not first.equals(expanded(shop, NgramExpansion(to=9), seed=4).inputs)


def test_followers_are_drawn_by_witten_bell() -> None:
    # after "a": b twice, c once -> back off with 2/(2+3); then the empty history decides
    chain = WordChain(["a b", "a b", "a c"], order=1)
    rng = np.random.default_rng(0)
    drawn = [chain.next_word(["a"], rng) for _ in range(20000)]
    # of the nine drawn after nothing: a 3, b 2, c 1, end 3
    wanted = {
        "a": 0.4 * 3 / 9,
        "b": 0.6 * 2 / 3 + 0.4 * 2 / 9,
        "c": 0.6 * 1 / 3 + 0.4 * 1 / 9,
        "": 0.4 * 3 / 9,
    }
    for word, share in wanted.items():
        assert np.mean([d == word for d in drawn]) == pytest.approx(share, abs=0.012)


def test_chinese_is_cut_by_character_and_glued_back() -> None:
    assert words("耐克 跑鞋 Air Max") == ["耐", "克", "跑", "鞋", "Air", "Max"]
    assert glue(words("耐克跑鞋 Air Max")) == "耐克跑鞋Air Max"


def test_one_word_that_cannot_be_varied_stays_short_of_the_floor() -> None:
    rows = replace(
        rows_of(np.array([0]), np.array([0])), inputs=pl.DataFrame({"title": ["Handbag"]})
    )
    targets = Targets(names=np.array(["bags"])).observed(rows)
    assert len(NgramExpansion(to=5).expand(rows, targets, np.random.default_rng(0))) == 1


def test_the_column_is_chosen_by_length_or_by_name(shop) -> None:
    assert expanded(shop, NgramExpansion(to=3)).inputs["colour"][-1] == "x"
    assert expanded(shop, NgramExpansion(to=3, column="title")).inputs["title"][-1] not in BAGS
    with pytest.raises(InputError, match="there is: title, colour"):
        expanded(shop, NgramExpansion(column="name"))
    bare = replace(shop[0], inputs=shop[0].inputs.select("price"))
    with pytest.raises(NotApplicable, match="no text column"):
        NgramExpansion().expand(bare, shop[1], np.random.default_rng(0))
