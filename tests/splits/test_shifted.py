"""Test texts written otherwise: what changes, what must not, and that the learner is the same."""

import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import longshelf as ls
from longshelf.components import build, show
from longshelf.errors import InputError, NotApplicable
from longshelf.generators.phrases import Phrase
from longshelf.prepare.folding import folded
from longshelf.splits import Fewer, Published, Shifted, Stratified
from longshelf.splits.shifts import Swaps, drops, order, typos
from longshelf.tasks import Classify
from longshelf.tasks.base import divide

SHIFTS = ("typos", "drops", "swaps", "order")
texts = st.lists(st.text("abcdeFG12", min_size=1, max_size=6), max_size=9).map(", ".join)
chinese = st.text("红色运动鞋 a1-'(", max_size=20)


@pytest.fixture(scope="module")
def shop():
    rng = np.random.default_rng(0)
    kinds = {"Shoes": 300, "Watches": 150, "Rain Boots": 80, "Sports Shoes": 80}
    colours, uses = ("red", "blue", "navy blue", "Black"), ("Rain", "Sports", "Party")
    rows = []
    for kind, count in kinds.items():
        for _ in range(count):
            colour, use = rng.choice(colours), rng.choice(uses)
            number = int(rng.integers(1000))
            rows.append({
                "title": f"Acme {colour} {kind} model {number}", "kind": kind,
                "colour": colour, "usage": use,
            })  # fmt: skip
    rows.append({"title": None, "kind": "Shoes", "colour": "red", "usage": None})
    return ls.load(
        pl.DataFrame(rows), label="kind", text="title", categorical=("colour",), group=("usage",)
    )


@pytest.fixture(scope="module")
def problem(shop):
    return Classify().pose(shop)


@pytest.mark.parametrize("shift", SHIFTS)
def test_only_the_texts_of_the_test_part_change(problem, shift):
    plain = divide(problem, Stratified(), 3)
    other = divide(problem, Shifted(shift=shift, share=0.5), 3)
    for name in ("train", "valid"):
        mine, theirs = getattr(plain, name), getattr(other, name)
        assert np.array_equal(mine.id, theirs.id)
        assert mine.inputs.equals(theirs.inputs)
    assert np.array_equal(plain.test.id, other.test.id)
    assert np.array_equal(plain.test.y, other.test.y)
    assert plain.test.groups.equals(other.test.groups)
    before, after = plain.test.inputs, other.test.inputs
    assert before.drop("title").equals(after.drop("title"))
    changed = int(before["title"].ne_missing(after["title"]).sum())
    assert changed > 0.9 * len(plain.test)
    assert f"{shift}: {changed} of {len(plain.test)} test texts" in other.findings[-1]
    again = divide(problem, Shifted(shift=shift, share=0.5), 3).test.inputs
    assert after.equals(again)
    assert other.slices.members.keys() == plain.slices.members.keys()


@settings(max_examples=200, deadline=None)
@given(text=texts, share=st.floats(0.01, 1.0), seed=st.integers(0, 9))
def test_shifts_of_any_text(text, share, seed):
    words = Phrase.of(text).words
    number = min(len(words), max(1, round(share * len(words))))

    left = Phrase.of(drops(text, share, np.random.default_rng(seed))).words
    assert len(left) == (max(1, len(words) - number) if words else 0)
    assert not [word for word in left if word not in words]

    turned = Phrase.of(order(text, share, np.random.default_rng(seed))).words
    assert sorted(turned) == sorted(words)
    if words:
        assert (turned[0], turned[-1]) == (words[-1], words[0])

    written = typos(text, share, np.random.default_rng(seed))
    assert written == typos(text, share, np.random.default_rng(seed))
    if len(words) == 1 and re.fullmatch(r"[a-z]{4,}", text) and len(set(text)) > 1:
        assert abs(len(written) - len(text)) <= 1


@settings(max_examples=100, deadline=None)
@given(text=chinese, seed=st.integers(0, 9))
def test_shifts_of_texts_without_spaces(text, seed):
    def letters(text):
        return sorted(re.findall(r"\w", text))

    rng = np.random.default_rng(seed)
    assert letters(order(text, 0.5, rng)) == letters(text)
    left = letters(drops(text, 0.5, rng))
    assert bool(left) == bool(letters(text))
    assert len(left) < max(2, len(letters(text))) or len(Phrase.of(text).words) < 2
    typos(text, 0.5, rng)


def test_slips_befall_the_share_asked_for():
    text = " ".join(["wonder", "carpet", "silver", "marble", "garden"] * 4)
    for share in (0.05, 0.2, 0.5, 1.0):
        rng = np.random.default_rng(0)
        slips = [
            sum(a != b for a, b in zip(text.split(), typos(text, share, rng).split(), strict=True))
            for _ in range(20)
        ]
        assert set(slips) == {round(20 * share)}


def test_swaps_take_values_of_the_same_attribute_by_their_count():
    values = {"colour": ["red"] * 6 + ["blue"] * 3 + ["green"], "size": ["big", "small"]}
    swaps = Swaps.of(values, ["Shoes"])
    rng = np.random.default_rng(0)
    drawn = [swaps("A Red shoe", 1.0, rng) for _ in range(600)]
    counts = {text: drawn.count(text) for text in set(drawn)}
    assert set(counts) == {"A Blue shoe", "A Green shoe"}
    assert counts["A Blue shoe"] / 600 == pytest.approx(0.75, abs=0.06)
    both = {swaps("BIG red shoe", 1.0, rng) for _ in range(50)}
    assert both == {"SMALL blue shoe", "SMALL green shoe"}
    one = {swaps("BIG red shoe", 0.2, rng) for _ in range(50)}
    assert one == {"SMALL red shoe", "BIG blue shoe", "BIG green shoe"}
    assert swaps("A shoe", 1.0, rng) == "A shoe"


def test_no_swap_makes_or_breaks_the_name_of_a_class(problem):
    names = [set(folded(str(name))) for name in problem.targets.names]

    def named(text):
        words = set(folded(text))
        return [name <= words for name in names]

    plain = divide(problem, Stratified(), 0).test.inputs["title"].to_list()
    other = divide(problem, Shifted(shift="swaps", share=1.0), 0).test.inputs["title"].to_list()
    pairs = [pair for pair in zip(plain, other, strict=True) if None not in pair]
    assert all(named(a) == named(b) for a, b in pairs)
    # without the rule rain boots would become sports boots, and shoes in the rain sports shoes
    free = Swaps.of({"usage": ["Rain", "Sports", "Party"]}, [])
    rng = np.random.default_rng(0)
    assert any(named(a) != named(free(a, 1.0, rng)) for a, _ in pairs)


def test_the_learner_is_the_same_to_the_byte(shop):
    how = {"features": "tf_idf", "model": "mlp(epochs=2, hidden=8)"}
    plain = ls.fit(shop, **how)
    other = ls.fit(shop, **how, split=Shifted(shift="typos", share=1.0))
    assert np.array_equal(plain.predicted.valid.scores, other.predicted.valid.scores)
    assert not np.array_equal(plain.predicted.test.scores, other.predicted.test.scores)
    assert other.value("accuracy") < plain.value("accuracy")


def test_a_shift_stands_on_any_split_and_reads_back(problem):
    split = Shifted(of=Fewer(train=40, valid=10), shift="drops", share=0.4)
    assert build("split", show(split)) == split
    assert split.learning == Fewer(train=40, valid=10)
    parts = divide(problem, split, 0)
    assert len(parts.train) <= 44
    twice = Shifted(of=split, shift="order")
    assert twice.learning == split.learning
    once = divide(problem, split, 0).test.inputs["title"].to_list()
    both = divide(problem, twice, 0).test.inputs["title"].to_list()
    counted = [
        sorted(Phrase.of(a).words) == sorted(Phrase.of(b).words)
        for a, b in zip(once, both, strict=True) if a is not None
    ]  # fmt: skip
    assert all(counted)
    assert once != both


def test_what_cannot_be_shifted_is_told(problem):
    with pytest.raises(InputError, match="did you mean 'typos'"):
        Shifted(shift="typo")
    with pytest.raises(InputError, match="got 0"):
        Shifted(share=0)
    with pytest.raises(InputError, match="column"):
        divide(problem, Shifted(shift="swaps", by="color"), 0)
    bare = ls.load(problem.dataset.rows, label="kind", text="title")
    with pytest.raises(NotApplicable, match="any categorical or group column"):
        divide(Classify().pose(bare), Shifted(shift="swaps"), 0)
    numbers = ls.load(
        pl.DataFrame({"y": ["a", "b"] * 30, "x": np.arange(60.0)}), label="y", numeric="x"
    )
    with pytest.raises(NotApplicable, match="these rows have none"):
        divide(Classify().pose(numbers), Shifted(), 0)
    parts = ["train", "train", "test"] * problem.dataset.rows.height
    frame = problem.dataset.rows.with_columns(split=pl.Series(parts[: problem.dataset.rows.height]))
    published = Classify().pose(ls.load(frame, label="kind", text="title"))
    with pytest.raises(InputError, match="peeking"):
        divide(published, Shifted(of=Published(peeking=True)), 0)
