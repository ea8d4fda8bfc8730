"""New texts: how many, who they are made of, why some are dropped, and that nothing else moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import polars as pl
import pytest
from long_tailed import rows_of

import longshelf as ls
from longshelf.components import build, show
from longshelf.errors import InputError, LongShelfWarning, NotApplicable
from longshelf.experiment import code
from longshelf.generators import Corpus, Draft, Generator
from longshelf.generators.filters import Batch, Filter, Judged
from longshelf.generators.ledger import opened
from longshelf.generators.word_chains import words
from longshelf.strategies import Expand
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


@dataclass(frozen=True, kw_only=True)
class Scripted(Generator):
    """Says the same few texts again and again."""

    abstract: ClassVar[bool] = False
    lines: tuple[str | None, ...] = ("A new bag",)

    def fit(self, corpus: Corpus, rng: np.random.Generator):
        return self

    def write(self, seeds, rng):
        said = [self.lines[at % len(self.lines)] for at in range(len(seeds))]
        return [None if text is None else Draft(text, (int(s),)) for text, s in zip(said, seeds)]


@dataclass(frozen=True, kw_only=True)
class NoBlue(Filter):
    """Refuses blue."""

    abstract: ClassVar[bool] = False

    def fit(self, corpus, rng):
        return self

    def judge(self, batch: Batch) -> Judged:
        passes = np.array(["blue" not in text for text in batch.texts])
        return Judged(passes, passes.astype(float))


def test_rare_targets_get_new_texts_to_the_floor(shop) -> None:
    rows = expanded(shop, Expand(generator="ngram", to=8))
    assert shop[1].count(rows.code).tolist() == [12, 8, 0]
    assert rows.inputs[:14].equals(shop[0].inputs)
    new = rows.inputs[14:]
    assert new.columns == ["title", "colour", "price"]
    assert set(rows.id[14:].tolist()) == {-1}
    assert rows.origin.tolist() == ["observed"] * 14 + ["ngram"] * 6
    assert new["title"].n_unique() == 6
    assert not set(new["title"]) & set(shop[0].inputs["title"])
    assert set(new["price"].to_list()) <= {12, 13}
    assert rows.y[14:].tolist() == [1] * 6


@pytest.mark.parametrize(
    ("to", "counts"),
    [("0.5x", [18, 3, 0]), ("2x", [36, 6, 0]), ("balance", [12, 12, 0]), (13, [13, 13, 0])],
)
def test_amounts_are_by_observed_row_or_by_total(shop, to, counts) -> None:
    rows = expanded(shop, Expand(generator="duplicate", to=to))
    assert shop[1].count(rows.code).tolist() == counts


def test_a_floor_below_every_target_is_said_to_do_nothing(shop) -> None:
    with pytest.warns(LongShelfWarning, match=r"Expand\(to=2\) asks for no row"):
        assert expanded(shop, Expand(to=2)) is shop[0]


def test_a_second_expansion_counts_the_rows_of_the_first_and_reads_none_of_them(shop) -> None:
    first = Expand(generator=Scripted(lines=("One", "Two")), to=8, tries=1)
    rows = expanded(shop, first + Expand(generator="duplicate", to=6))
    assert rows.origin[14:].tolist() == ["scripted"] * 2 + ["duplicate"] * 2
    assert set(rows.inputs["title"][16:].to_list()) <= set(BAGS)
    both = Expand(generator="duplicate", to="1x") + Expand(generator="duplicate", to="1x")
    assert shop[1].count(expanded(shop, both).code).tolist() == [36, 6, 0]


def test_words_come_mostly_from_the_targets_own_texts(shop) -> None:
    rows = expanded(shop, Expand(generator="ngram", to=60))
    new = rows.inputs["title"].filter(pl.Series(rows.code == 1))[2:]
    own = {word for text in BAGS for word in words(text)}
    said = [word for text in new for word in words(text)]
    assert np.mean([word in own for word in said]) > 0.8
    assert any(word not in own for word in said)


def test_the_same_seed_writes_the_same_texts_and_leaves_the_stream_alone(shop) -> None:
    strategy = Expand(generator="ngram", to=9)
    first, again = (expanded(shop, strategy, seed=3).inputs for _ in range(2))
    assert first.equals(again)
    assert not first.equals(expanded(shop, strategy, seed=4).inputs)
    rng = np.random.default_rng(3)
    strategy.expand(*shop, rng)
    assert rng.random() == np.random.default_rng(3).random()


def test_every_drop_is_counted_by_reason(shop) -> None:
    lines = ("Fine", None, " ", BAGS[0], "Fine", "a blue bag", "call 13812345678", "Good")
    strategy = Expand(generator=Scripted(lines=lines), filters=(NoBlue(),), to=10, tries=1)
    with opened() as ledger:
        rows = expanded(shop, strategy)
    assert ledger.as_dict() == {
        "bags": {
            "asked": 8,
            "delivered": 2,
            "dropped": {"empty": 2, "identical": 2, "no_blue": 1, "personal data": 1},
        }
    }
    assert rows.inputs["title"][14:].to_list() == ["Fine", "Good"]
    assert ledger.reasons == ledger.as_dict()["bags"]["dropped"]


def test_what_is_missing_is_asked_for_again_a_bounded_number_of_times(shop) -> None:
    class Counting(Scripted):
        asked: ClassVar[list[int]] = []

        def write(self, seeds, rng):
            self.asked.append(len(seeds))
            return super().write(seeds, rng)

    rows = expanded(shop, Expand(generator=Counting(lines=("One", "Two")), to=7, tries=4))
    assert Counting.asked == [5, 3, 3, 3]
    assert shop[1].count(rows.code).tolist() == [12, 4, 0]


def test_one_word_that_cannot_be_varied_stays_short_of_the_floor() -> None:
    rows = replace(
        rows_of(np.array([0]), np.array([0])), inputs=pl.DataFrame({"title": ["Handbag"]})
    )
    targets = Targets(names=np.array(["bags"])).observed(rows)
    ngram = Expand(generator="ngram", to=5)
    assert len(ngram.expand(rows, targets, np.random.default_rng(0))) == 1


def test_the_column_is_chosen_by_length_or_by_name(shop) -> None:
    ngram = {"generator": "ngram", "to": 3}
    assert expanded(shop, Expand(**ngram)).inputs["colour"][-1] == "x"
    assert expanded(shop, Expand(**ngram, column="title")).inputs["title"][-1] not in BAGS
    with pytest.raises(InputError, match="there is: title, colour"):
        expanded(shop, Expand(column="name"))
    bare = replace(shop[0], inputs=shop[0].inputs.select("price"))
    with pytest.raises(NotApplicable, match="no text column"):
        Expand().expand(bare, shop[1], np.random.default_rng(0))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"generator": "edaa"}, "did you mean 'eda'"),
        ({"filters": ("lenght",)}, "did you mean 'length'"),
        ({"filters": ("length", "length(low=0.1)")}, "each filter once, got length"),
        ({"to": "2"}, None),
        ({"to": 0}, "a floor per class such as 50, a multiple such as '2x', or 'balance'; got 0"),
        ({"to": "0x"}, "got '0x'"),
        ({"to": "all"}, "got 'all'"),
        ({"tries": 0}, "at least 1, got 0"),
    ],
)
def test_what_cannot_be_asked_is_said(arguments, said) -> None:
    if said is None:
        assert Expand(**arguments).to == 2
        return
    with pytest.raises(InputError, match=said):
        Expand(**arguments)


def test_generators_and_filters_are_named_inside_the_strategy() -> None:
    name = "Expand(generator=ngram(order=3), to='2x', filters=(length(low=0.05),))"
    strategy = build("strategy", name)
    assert show(strategy) == name
    by_mapping = {"Expand": {"generator": {"ngram": {"order": 3}}, "to": "2x",
                             "filters": [{"length": {"low": 0.05}}]}}  # fmt: skip
    assert build("strategy", by_mapping) == strategy
    own = Expand(generator=Scripted(), filters=(NoBlue(),))
    assert f"{__name__}:Scripted" in show(own)
    assert build("strategy", show(own)) == own


@pytest.mark.parametrize(
    "module", ["longshelf.generators.ngram", "longshelf.generators.filters.length"]
)
def test_the_code_of_generator_and_filters_is_in_the_key(monkeypatch, module) -> None:
    strategy = build("strategy", "Expand(generator=ngram, filters=(length,))")
    before, plain = code.code_of(strategy), code.module_hash
    monkeypatch.setattr(code, "module_hash", lambda one: "x" if one == module else plain(one))
    assert code.code_of(strategy) != before


def test_the_engine_drops_what_is_nearly_held_out_and_says_so() -> None:
    shop = ls.load("marketplace(items=600, imbalance=20)")
    plain = ls.fit(shop, model="logistic")
    assert plain.about["generated"] == {}
    held = plain.parts.test.inputs["title"].to_list()
    told = [title.upper() for title in held[:20]]
    spy = Scripted(lines=(*told, "something else entirely", "nothing of the kind at all"))
    arm = ls.fit(shop, model="logistic", strategy=Expand(generator=spy, to="1x", tries=1))
    drops = [entry["dropped"] for entry in arm.about["generated"].values()]
    assert sum(drop.get("held out: equal", 0) for drop in drops) >= 15
    delivered = sum(entry["delivered"] for entry in arm.about["generated"].values())
    assert delivered == arm.about["rows"] - plain.about["rows"] == 2
    assert all(entry["asked"] > 0 for entry in arm.about["generated"].values())


def test_written_rows_are_texts_to_learn_to_write_as_well() -> None:
    shop = ls.load("marketplace(items=300, imbalance=10)")
    how = {"task": "generate", "features": "category", "model": "ngram_writer"}
    lines = tuple(f"Zebra{at} number" for at in range(500))
    arm = ls.fit(shop, **how, strategy=Expand(generator=Scripted(lines=lines), to="1x", tries=1))
    plain = ls.fit(shop, **how)
    assert arm.about["rows"] == 2 * plain.about["rows"]
    assert sum("Zebra" in text for text in arm.predicted.ravel().tolist()) > 0
    known = arm.parts.test.y.tolist()
    copied = Expand(generator=Scripted(lines=tuple(known)), to="1x", tries=1)
    assert ls.fit(shop, **how, strategy=copied).about["rows"] == plain.about["rows"]
