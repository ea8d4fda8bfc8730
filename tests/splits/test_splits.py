"""Every split, by what it promises: equal texts together, classes everywhere, no future, no gaps."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import longshelf as ls
from longshelf.components import build, known, show
from longshelf.errors import InputError
from longshelf.prepare import normalise_key
from longshelf.splits import (
    ByQuery,
    ByTime,
    Grouped,
    KFold,
    NaiveRandom,
    Published,
    Stratified,
)
from longshelf.splits.base import DROPPED, TEST, TRAIN, VALID
from longshelf.tables import Card, Dataset, Schema
from longshelf.tasks import Classify
from longshelf.tasks.base import divide

WORDS = ("shoe", "Shoe ", "SHOE", "hat", "red hat", "red  hat", "ｒｅｄ hat", "bag", "cap")

titles = st.lists(
    st.tuples(st.sampled_from(WORDS), st.integers(0, 30), st.sampled_from("abc")),
    min_size=12, max_size=60,
)  # fmt: skip


def posed(frame, **roles):
    schema = Schema(**{"label": ("label",), **roles})
    data = Dataset(name="made", rows=frame, schema=schema, card=Card(title="made", licence="own"))
    return Classify().pose(data)


def of_titles(drawn):
    return pl.DataFrame(
        {
            "title": [f"{word} {number}" for word, number, _ in drawn],
            "label": [label for *_, label in drawn[:-2]] + ["a", "b"],
        }
    )


@pytest.mark.parametrize("split", [Stratified(), KFold(folds=3)], ids=show)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=titles, seed=st.integers(0, 5))
def test_rows_of_equal_text_stay_on_one_side(split, drawn, seed):
    problem = posed(of_titles(drawn), text=("title",))
    part = split.assign(problem, seed).part
    assert len(part) == len(drawn)
    sides = pl.DataFrame({"key": normalise_key(problem.dataset.rows["title"]), "part": part})
    assert sides.group_by("key").agg(pl.col("part").n_unique())["part"].max() == 1
    assert np.array_equal(part, split.assign(problem, seed).part)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=titles, seed=st.integers(0, 5))
def test_a_class_with_three_groups_reaches_every_part_and_rarer_ones_train(drawn, seed):
    problem = posed(of_titles(drawn), text=("title",))
    assigned = Stratified().assign(problem, seed)
    frame = pl.DataFrame(
        {
            "key": problem.keys,
            "part": assigned.part,
            "name": problem.targets.names[problem.rows.code],
        }
    )
    rows = frame.group_by("name").len()
    sizes = dict(rows.iter_rows())
    # the class a group counts for: the rarest in it, as the docstring says
    ranked = frame.with_columns(size=pl.col("name").replace_strict(sizes, return_dtype=pl.Int64))
    groups = ranked.sort("key", "size", "name").group_by("key", maintain_order=True).first()
    tied = (
        groups.join(ranked, on=["key", "size"]).group_by("key").agg(pl.col("name_right").n_unique())
    )
    if tied["name_right"].max() > 1:
        return
    for (name,), of_class in groups.group_by("name"):
        parts = set(of_class["part"])
        assert parts == ({TRAIN, VALID, TEST} if of_class.height >= 3 else {TRAIN}), name
        named = any(name in found.split(":")[-1] for found in assigned.findings)
        assert named == (of_class.height < 3)


def test_shares_and_seeds_of_the_stratified_split():
    frame = pl.DataFrame({"label": ["a"] * 100 + ["b"] * 50 + ["c"] * 2, "x": range(152)})
    problem = posed(frame, numeric=("x",))
    assigned = Stratified(valid=0.1, test=0.3).assign(problem, 0)
    a, b, c = (assigned.part[start:end] for start, end in ((0, 100), (100, 150), (150, 152)))
    assert [int((a == p).sum()) for p in (TRAIN, VALID, TEST)] == [60, 10, 30]
    assert [int((b == p).sum()) for p in (TRAIN, VALID, TEST)] == [30, 5, 15]
    assert set(c) == {TRAIN}
    assert "1 classes have fewer than 3 distinct rows" in assigned.findings[0]
    assert not np.array_equal(
        assigned.part, Stratified(valid=0.1, test=0.3).assign(problem, 1).part
    )


def test_documents_tie_rows_together():
    frame = pl.DataFrame(
        {"label": list("ab") * 30, "title": [f"t{i}" for i in range(60)],
         "page": [i // 4 for i in range(60)]}
    )  # fmt: skip
    problem = posed(frame, text=("title",), document="page")
    part = Stratified().assign(problem, 0).part.reshape(15, 4)
    assert (part == part[:, :1]).all()


def timed(n=200, ties=1):
    start = datetime(2024, 1, 1)
    order = np.random.default_rng(0).permutation(n)
    return pl.DataFrame(
        {
            "label": [f"c{i % 3}" for i in range(n)],
            "title": [f"t{i % 150}" for i in range(n)],
            "at": [start + timedelta(days=int(i) // ties) for i in order],
        }
    )


@pytest.mark.parametrize("ties", [1, 7])
def test_by_time_learns_from_the_past_only(ties):
    problem = posed(timed(ties=ties), text=("title",), time="at")
    assigned = ByTime().assign(problem, 0)
    at = problem.dataset.rows["at"].to_numpy()
    of = {part: at[assigned.part == part] for part in (TRAIN, VALID, TEST)}
    assert of[TRAIN].max() < of[VALID].min()
    assert of[VALID].max() < of[TEST].min()
    kept = assigned.part != DROPPED
    texts = pl.DataFrame({"t": problem.dataset.rows["title"], "p": assigned.part}).filter(kept)
    assert texts.group_by("t").agg(pl.col("p").n_unique())["p"].max() == 1
    dropped = int((~kept).sum())
    assert f"{dropped} later rows repeat an earlier text" in assigned.findings[0]
    whole = ByTime().assign(posed(timed(ties=ties).drop("title"), time="at"), 0).part
    assert abs((whole == TEST).mean() - 0.2) < 0.05
    assert abs((whole == VALID).mean() - 0.2) < 0.05


@settings(max_examples=30, deadline=None)
@given(folds=st.integers(3, 6), repeat=st.integers(0, 2), n=st.integers(30, 90))
def test_k_fold_judges_each_row_once_per_repeat(folds, repeat, n):
    frame = pl.DataFrame({"label": [f"c{i % 3}" for i in range(n)], "x": range(n)})
    problem = posed(frame, numeric=("x",))
    split = KFold(folds=folds)
    parts = np.stack([split.assign(problem, repeat * folds + f).part for f in range(folds)])
    assert ((parts == TEST).sum(axis=0) == 1).all()
    assert ((parts == VALID).sum(axis=0) == 1).all()
    sizes = (parts == TEST).sum(axis=1)
    assert sizes.max() - sizes.min() <= 3
    first = KFold(folds=folds).assign(problem, 0).part
    assert repeat == 0 or not np.array_equal(parts[0], first)


@pytest.mark.parametrize(
    ("split", "roles"),
    [(Grouped(by="who"), {}), (ByQuery(), {"query": "who"})],
    ids=["grouped", "by_query"],
)
def test_whole_groups_are_drawn(split, roles):
    rng = np.random.default_rng(1)
    frame = pl.DataFrame(
        {"label": rng.choice(["a", "b"], 300), "who": rng.integers(0, 25, 300), "x": range(300)}
    )
    problem = posed(frame, numeric=("x",), **roles)
    part = split.assign(problem, 3).part
    sides = pl.DataFrame({"who": frame["who"], "part": part}).unique()
    assert sides.height == 25
    counts = dict(sides["part"].value_counts().iter_rows())
    assert counts == {TRAIN: 15, VALID: 5, TEST: 5}


def test_published_parts_are_taken_as_they_are():
    names = ["train", "Valid", "dev", "TEST", "validation", "unused", None]
    frame = pl.DataFrame({"label": list("ab") * 14, "split": names * 4, "x": range(28)})
    part = Published().assign(posed(frame, numeric=("x",)), 0).part
    assert part[:7].tolist() == [TRAIN, VALID, VALID, TEST, VALID, DROPPED, DROPPED]


def test_the_naive_split_counts_what_it_leaks():
    frame = pl.DataFrame(
        {"label": list("ab") * 50, "title": ["same"] * 30 + [f"t{i}" for i in range(70)]}
    )
    assigned = NaiveRandom().assign(posed(frame, text=("title",)), 0)
    assert "30 rows share their text" in assigned.findings[0]
    assert len(set(assigned.part[:30])) > 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Stratified(valid=0.6, test=0.5), "sum to less than 1"),
        (lambda: ByTime(test=0.0), r"lie in \(0, 1\)"),
        (lambda: KFold(folds=2), "at least 3 folds, got 2"),
        (lambda: ByTime().assign(plain(), 0), "names no time column"),
        (lambda: ByQuery().assign(plain(), 0), "names no query column"),
        (lambda: Grouped(by="lable").assign(plain(), 0), "did you mean 'label'"),
        (lambda: Grouped(by="label").assign(plain(), 0), "three are needed"),
        (lambda: Published().assign(plain(), 0), "unknown column that holds the split"),
        (lambda: Published(column="label").assign(plain(), 0), "must hold train and test"),
        (lambda: ByTime().assign(posed(timed(6, ties=6), time="at"), 0), "cannot be cut in three"),
        (lambda: divide(posed(pl.DataFrame({"label": ["a", "b"], "x": [1, 2]}), numeric=("x",)),
                        Stratified(), 0), "leaves no rows"),
        (lambda: divide(posed(pl.DataFrame({"label": list("ab") * 9, "who": ["x"] * 17 + ["y"]}),
                              document="who"), Stratified(), 0),
         "18 rows make 2 groups, the largest of 17 rows"),
    ],
)  # fmt: skip
def test_what_cannot_be_split_is_said(make, said):
    with pytest.raises(InputError, match=said):
        make()


def plain():
    return posed(pl.DataFrame({"label": list("ab") * 5, "x": range(10)}), numeric=("x",))


@pytest.mark.parametrize("name", sorted(known("split")))
def test_names_parse_back(name):
    split = known("split")[name](**({"by": "who"} if name == "Grouped" else {}))
    assert build("split", show(split)) == split


def test_parts_count_targets_on_train_alone():
    shop = ls.load("marketplace(items=800)")
    parts = divide(Classify().pose(shop), Stratified(), 0)
    assert len(parts.train) + len(parts.valid) + len(parts.test) == 800
    assert parts.targets.natural.sum() == len(parts.train)
    ids = [set(part.id.tolist()) for part in (parts.train, parts.valid, parts.test)]
    assert not ids[0] & ids[1]
    assert not ids[0] & ids[2]
    assert not ids[1] & ids[2]
