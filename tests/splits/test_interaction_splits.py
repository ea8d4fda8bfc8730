"""Splits of interactions, each held against a loop over users written out by hand."""

import os
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import longshelf as ls
from longshelf.components import build, show
from longshelf.errors import InputError
from longshelf.splits import (
    ByQuery,
    ByTime,
    ColdItem,
    ColdUser,
    Grouped,
    Intervened,
    LeaveLastOut,
    PerUserRatio,
    Published,
    Stratified,
)
from longshelf.splits.base import DROPPED, TEST, TRAIN, VALID
from longshelf.tables import Card, Dataset, Schema
from longshelf.tasks import Rank
from longshelf.tasks.base import divide

CARD = Card(title="made", licence="own")
events = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 9), st.integers(0, 12)), min_size=3, max_size=70
)


def posed(frame, **roles):
    schema = Schema(**{"user": "who", "item": "what", **roles})
    return Rank().pose(Dataset(name="made", rows=frame, schema=schema, card=CARD))


def of_events(drawn, time="at"):
    frame = pl.DataFrame(drawn, schema=["who", "what", "at"], orient="row")
    frame = frame.with_columns(pl.col("who").cast(str), said=pl.lit("same text"))
    return posed(frame, text=("said",), **({"time": time} if time else {}))


def popular(users=300, items=60, seed=0):
    """Interactions with a long tail, each user on distinct items, in random order of time."""
    rng = np.random.default_rng(seed)
    p = 1 / np.arange(1, items + 1)
    rows = [
        (f"u{user}", f"i{item}")
        for user in range(users)
        for item in rng.choice(items, rng.integers(4, 20), replace=False, p=p / p.sum())
    ]
    frame = pl.DataFrame(rows, schema=["who", "what"], orient="row")
    return frame.with_columns(at=pl.Series(rng.permutation(len(rows))))


def in_file_order(problem, values):
    """What was decided for each row, back in the order of the data set."""
    out = np.full(problem.dataset.rows.height, -9)
    out[problem.rows.id] = values
    return out


def histories(problem, time):
    """Positions in the file of each user's rows, oldest first, ties in file order."""
    rows, found = problem.dataset.rows.to_dicts(), defaultdict(list)
    for position, row in enumerate(rows):
        found[row["who"]].append(position)
    key = (lambda i: (rows[i]["at"], i)) if time else (lambda i: i)
    return [sorted(mine, key=key) for mine in found.values()]


@settings(max_examples=80, deadline=None)
@given(drawn=events, time=st.sampled_from(["at", None]))
def test_leave_last_out_tests_on_each_users_last_row_and_validates_on_the_one_before(drawn, time):
    problem = of_events(drawn, time)
    assigned = LeaveLastOut().assign(problem, 0)
    wanted = np.full(len(drawn), TRAIN)
    short = 0
    for mine in histories(problem, time):
        if len(mine) < 3:
            short += 1
            continue
        wanted[mine[-2]], wanted[mine[-1]] = VALID, TEST
    assert in_file_order(problem, assigned.part).tolist() == wanted.tolist()
    said = [found for found in assigned.findings if "fewer than 3 rows" in found]
    assert said == ([f"{short} sources with fewer than 3 rows stay in train only"] * (short > 0))  # fmt: skip


def test_ties_in_time_stand_in_the_order_of_the_file():
    problem = of_events([(0, item, 5) for item in (3, 1, 4, 2)])
    part = in_file_order(problem, LeaveLastOut().assign(problem, 0).part)
    assert part.tolist() == [TRAIN, TRAIN, VALID, TEST]


@settings(max_examples=60, deadline=None)
@given(drawn=events, valid=st.sampled_from([0.1, 0.3]), test=st.sampled_from([0.2, 0.5]))
def test_per_user_ratio_takes_its_share_of_every_user(drawn, valid, test):
    problem = of_events(drawn)
    late = PerUserRatio(valid=valid, test=test, by="time")
    drawn_by = PerUserRatio(valid=valid, test=test)
    by_time = in_file_order(problem, late.assign(problem, 0).part)
    by_lot = in_file_order(problem, drawn_by.assign(problem, 0).part)
    for mine in histories(problem, time=True):
        n = len(mine)
        if n < 3:
            tests = valids = 0
        else:
            tests, valids = max(1, round(test * n)), max(1, round(valid * n))
        wanted = [TRAIN] * (n - tests - valids) + [VALID] * valids + [TEST] * tests
        assert by_time[mine].tolist() == wanted
        assert sorted(by_lot[mine]) == sorted(wanted)
    assert (late.redrawn, drawn_by.redrawn) == (False, True)


def test_seeds_draw_other_rows_and_the_same_seed_the_same():
    problem = posed(popular())
    for split in (PerUserRatio(), ColdItem(), ColdUser(), Intervened(), Stratified()):
        first = split.assign(problem, 0).part
        assert np.array_equal(first, split.assign(problem, 0).part)
        assert not np.array_equal(first, split.assign(problem, 1).part), split


def test_by_time_keeps_every_interaction_and_counts_the_cold():
    early = [("a", "x", 1), ("b", "y", 2), ("a", "y", 3), ("b", "x", 4), ("a", "z", 5), ("b", "z", 6)]  # fmt: skip
    late = [("a", "x", 7), ("b", "y", 8), ("c", "x", 9), ("c", "new", 10)]
    frame = pl.DataFrame([*late, *early], schema=["who", "what", "at"], orient="row")
    problem = posed(frame.with_columns(t=pl.lit("same")), text=("t",), time="at")
    assigned = ByTime().assign(problem, 0)
    assert in_file_order(problem, assigned.part).tolist() == [1, 1, 2, 2, 0, 0, 0, 0, 0, 0]
    assert assigned.findings == (
        "of 2 test rows 2 are of 1 sources unknown to train and 1 are of 1 items unknown to train: "
        "kept, and counted as cold",
    )
    assert ByTime().redrawn is False


def test_by_time_never_learns_from_the_future_and_leave_last_out_says_that_it_does():
    problem = posed(popular(), time="at")
    at = problem.dataset.rows["at"].to_numpy()[problem.rows.id]
    parts = divide(problem, ByTime(), 0)
    assert at[np.isin(problem.rows.id, parts.train.id)].max() < at[
        np.isin(problem.rows.id, parts.valid.id)
    ].min()  # fmt: skip
    assert not any("older than the newest" in found for found in parts.findings)
    leaky = LeaveLastOut().assign(problem, 0)
    older = int((at[leaky.part == TEST] < at[leaky.part == TRAIN].max()).sum())
    assert older > 0
    assert f"{older:,} of 300 test rows are older" in leaky.findings[-1]


def test_cold_items_stand_on_one_side_and_equal_texts_with_them():
    problem = posed(popular())
    names = problem.targets.names
    number = [int(name[1:]) for name in names]
    text = np.array([f"Text {i // 2}!" if i % 2 else f"text {i // 2}" for i in number])
    problem = replace(problem, targets=replace(problem.targets, text=text))
    assigned = ColdItem(valid=0.1, test=0.3).assign(problem, 4)
    sides = defaultdict(set)
    for code, part in zip(problem.rows.code, assigned.part, strict=True):
        sides[number[code]].add(int(part))
    assert sorted(sides) == list(range(60))
    assert all(len(parts) == 1 for parts in sides.values())
    assert all(sides[2 * pair] == sides[2 * pair + 1] for pair in range(30))
    counted = Counter(next(iter(parts)) for parts in sides.values())
    assert (counted[VALID], counted[TEST]) == (6, 18)
    rows = int((assigned.part == TEST).sum())
    assert f"{rows:,} are of 18 items unknown to train" in assigned.findings[-1]


def test_cold_users_are_unknown_when_judged():
    problem = posed(popular())
    assigned = ColdUser(test=0.25).assign(problem, 0)
    who = problem.dataset.rows["who"].to_numpy()[problem.rows.id]
    of = {part: set(who[assigned.part == part]) for part in (TRAIN, VALID, TEST)}
    assert not of[TRAIN] & of[TEST]
    assert not of[VALID] & (of[TRAIN] | of[TEST])
    assert [len(of[part]) for part in (TRAIN, VALID, TEST)] == [195, 30, 75]
    assert "are of 75 sources unknown to train" in assigned.findings[0]


@pytest.mark.parametrize("split", [ByQuery(), Grouped(by="q")], ids=show)
def test_all_judgements_of_a_query_stay_on_one_side_however_it_is_written(split):
    words = ["red shoe", "Red  Shoe!", "hat", "bag", "cap", "sock", "tie"]
    frame = pl.DataFrame(
        {"q": [words[i % 7] for i in range(70)], "what": [f"p{i // 7}" for i in range(70)],
         "who": [f"u{i % 9}" for i in range(70)], "t": ["same"] * 70}
    )  # fmt: skip
    problem = posed(frame, query="q", text=("t",))
    part = in_file_order(problem, split.assign(problem, 1).part)
    sides = {word: set(part[[q == word for q in frame["q"]]].tolist()) for word in words}
    assert all(len(parts) == 1 for parts in sides.values())
    assert sides["red shoe"] == sides["Red  Shoe!"]
    assert {next(iter(parts)) for parts in sides.values()} == {TRAIN, VALID, TEST}


@pytest.mark.parametrize("of", [PerUserRatio(), PerUserRatio(by="time"), LeaveLastOut()], ids=show)
def test_an_intervened_test_set_is_drawn_evenly_and_leaves_train_and_valid_alone(of):
    problem = posed(popular(users=1500), time="at")
    natural, even = of.assign(problem, 3), Intervened(of=of, share=0.1).assign(problem, 3)
    for part in (TRAIN, VALID):
        assert np.array_equal(natural.part == part, even.part == part)
    pool, chosen = natural.part == TEST, even.part == TEST
    assert chosen.sum() == round(0.1 * pool.sum())
    assert not (chosen & ~pool).any()
    assert np.array_equal(even.part == DROPPED, pool & ~chosen)
    before, after = np.bincount(problem.rows.code[pool]), np.bincount(problem.rows.code[chosen])
    effective = [n.sum() ** 2 / (n.astype(float) ** 2).sum() for n in (before, after)]
    n = chosen.sum()
    assert effective[1] > 0.9 * n / (1 + (n - 1) / 60)  # what n draws over 60 equal items expect
    assert effective[1] > 1.4 * effective[0]
    said = even.findings[-1]
    assert f"holds {chosen.sum():,} of {pool.sum():,} held-out rows" in said
    assert f"as even as {effective[1]:.0f} equally frequent" in said
    assert f"natural one is as even as {effective[0]:.0f}" in said


def test_the_chance_to_be_drawn_falls_with_popularity_as_the_formula_says():
    code = np.repeat(np.arange(4), [1000, 100, 10, 1])
    frame = pl.DataFrame({"who": [f"u{i}" for i in range(1111)] * 1, "what": [f"i{c}" for c in code]})  # fmt: skip

    problem = posed(frame)

    class Everything(LeaveLastOut):
        abstract = True

        def assign(self, problem, seed):
            from longshelf.splits.base import Assignment

            return Assignment(np.full(len(problem.rows), TEST))

    split = Intervened(of=Everything(), share=4 / 1111)
    drawn = np.zeros(4)
    for seed in range(600):
        part = split.assign(problem, seed).part
        drawn += np.bincount(problem.rows.code[part == TEST], minlength=4)
    # four draws without replacement, weights 1/n: each item has weight one until it runs out
    rng = np.random.default_rng(0)
    naive = np.zeros(4)
    for _ in range(600):
        left = np.array([1000, 100, 10, 1])
        for _ in range(4):
            weight = left / np.array([1000, 100, 10, 1])
            hit = rng.choice(4, p=weight / weight.sum())
            left[hit] -= 1
            naive[hit] += 1
    assert drawn.sum() == naive.sum() == 2400
    assert np.abs(drawn - naive).max() < 4 * np.sqrt(2 * 600)


def published(valid=False, users=40):
    rng = np.random.default_rng(2)
    frame = popular(users)
    names = ["train"] * 7 + ["test"] * 3 if not valid else ["train"] * 6 + ["Valid", "test", "test", "unused"]  # fmt: skip
    return frame.with_columns(split=pl.Series(rng.choice(names, frame.height)))


def test_valid_is_carved_from_each_users_published_train_rows():
    problem = posed(published())
    assigned = Published(valid=0.25).assign(problem, 0)
    said = problem.dataset.rows["split"].to_numpy()[problem.rows.id]
    who = problem.dataset.rows["who"].to_numpy()[problem.rows.id]
    assert np.array_equal(assigned.part == TEST, said == "test")
    for user in set(who):
        mine = assigned.part[(who == user) & (said == "train")]
        if len(mine) == 0:
            continue
        carved = int((mine == VALID).sum())
        assert np.floor(0.25 * len(mine)) <= carved <= np.ceil(0.25 * len(mine))
        assert carved < len(mine)
    trained, carved = int((said == "train").sum()), int((assigned.part == VALID).sum())
    assert abs(carved / trained - 0.25) < 0.03
    assert f"{carved} of {trained} training rows, drawn by the seed, validate" in assigned.findings[0]  # fmt: skip
    other = Published(valid=0.25).assign(problem, 1)
    assert np.array_equal(other.part == TEST, assigned.part == TEST)
    assert not np.array_equal(other.part, assigned.part)


def test_equal_texts_are_carved_together_where_rows_are_no_interactions():
    from longshelf.tasks import Classify

    frame = pl.DataFrame(
        {"label": list("ab") * 50, "title": [f"t{i // 5}" for i in range(100)],
         "split": ["train"] * 80 + ["test"] * 20}
    )  # fmt: skip
    data = Dataset(name="made", rows=frame, schema=Schema(label=("label",), text=("title",)), card=CARD)  # fmt: skip
    part = Published(valid=0.25).assign(Classify().pose(data), 0).part.reshape(20, 5)
    assert (part == part[:, :1]).all()
    assert [int((part[:, 0] == p).sum()) for p in (TRAIN, VALID, TEST)] == [12, 4, 4]


def test_peeking_learns_from_all_of_train_and_validates_on_the_test_part():
    problem = posed(published())
    split = Published(peeking=True)
    parts = divide(problem, split, 0)
    said = problem.dataset.rows["split"].to_numpy()[problem.rows.id]
    assert np.array_equal(parts.train.id, problem.rows.id[said == "train"])
    assert np.array_equal(parts.valid.id, parts.test.id)
    assert np.array_equal(parts.test.id, problem.rows.id[said == "test"])
    assert any(found.startswith("protocol: published") for found in parts.findings)
    assert parts.problem.task.relevant(parts).nnz == len(parts.test)
    honest = divide(problem, Published(), 0)
    assert not any("protocol: published" in found for found in honest.findings)
    assert np.array_equal(honest.test.id, parts.test.id)


def test_a_published_valid_part_is_taken_as_it_is():
    problem = posed(published(valid=True))
    assigned = Published().assign(problem, 0)
    said = problem.dataset.rows["split"].to_numpy()[problem.rows.id]
    of = {"train": TRAIN, "Valid": VALID, "test": TEST, "unused": DROPPED}
    assert assigned.part.tolist() == [of[name] for name in said]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: PerUserRatio(valid=0.5, test=0.5), "sum to less than 1"),
        (lambda: PerUserRatio(by="tmie"), "did you mean 'time'"),
        (lambda: Intervened(share=1.0), r"must lie in \(0, 1\), got 1.0"),
        (lambda: Published(valid=0), r"valid=0 must lie in \(0, 1\)"),
        (lambda: Published(peeking=True).assign(posed(published(valid=True)), 0), "leave out peeking"),
        (lambda: Intervened(of=Published(peeking=True)).assign(posed(published()), 0), "leave out peeking"),
        (lambda: LeaveLastOut().assign(labelled(), 0), "names no user and no query column"),
        (lambda: ColdItem().assign(labelled(), 0), "has targets of kind 'class'"),
        (lambda: ColdUser().assign(posed(popular(2)), 0), "drawing users gives 2 independent groups"),
        (lambda: build("split", "intervened(of=leave_one_out)"), "did you mean 'leave_last_out'"),
    ],
)  # fmt: skip
def test_what_cannot_be_split_says_why(make, said):
    with pytest.raises(InputError, match=said):
        make()


def labelled():
    from longshelf.tasks import Classify

    frame = pl.DataFrame({"label": list("ab") * 5, "x": range(10)})
    schema = Schema(label=("label",), numeric=("x",))
    return Classify().pose(Dataset(name="made", rows=frame, schema=schema, card=CARD))


def test_nested_splits_print_as_they_are_typed():
    split = Intervened(of=PerUserRatio(by="time"), share=0.1)
    assert show(split) == "intervened(of=per_user_ratio(by='time'), share=0.1)"
    assert build("split", show(split)) == split
    assert build("split", {"intervened": {"of": "leave_last_out"}}) == Intervened(of=LeaveLastOut())


@pytest.mark.real_data
def test_online_retail_is_split_without_losing_a_row():
    if not os.environ.get("LONGSHELF_DATA"):
        pytest.skip("LONGSHELF_DATA names no folder of data sets")
    problem = Rank().pose(ls.load("online_retail"))
    for split in (ByTime(), LeaveLastOut(), PerUserRatio(), ColdItem(), ColdUser()):
        part = split.assign(problem, 0).part
        assert set(np.unique(part)) == {TRAIN, VALID, TEST}, split
    even = Intervened(of=ByTime()).assign(problem, 0)
    pool = ByTime().assign(problem, 0).part == TEST
    counts = [np.bincount(problem.rows.code[rows]) for rows in (pool, even.part == TEST)]
    spread = [n.sum() ** 2 / (n.astype(float) ** 2).sum() for n in counts]
    assert spread[1] > 1.5 * spread[0]


def baskets():
    """Pairs of items that lay in one of 60 baskets, as the association task makes them."""
    from longshelf.tasks import Associate

    rng = np.random.default_rng(3)
    lines = [(f"b{b}", f"i{i}", b) for b in range(60) for i in rng.choice(12, 4, replace=False)]
    frame = pl.DataFrame(lines, schema=["basket", "what", "at"], orient="row")
    data = Dataset(name="made", rows=frame, schema=Schema(item="what", time="at"), card=CARD)
    return Associate(basket="basket").pose(data)


@pytest.mark.parametrize("split", [ByTime(), Stratified()], ids=show)
def test_pairs_of_one_basket_stay_on_one_side(split):
    problem = baskets()
    part = split.assign(problem, 0).part
    sides = defaultdict(set)
    for basket, side in zip(problem.tied, part, strict=True):
        sides[basket].add(int(side))
    assert all(len(parts) == 1 for parts in sides.values())
    assert {next(iter(parts)) for parts in sides.values()} == {TRAIN, VALID, TEST}


@pytest.mark.parametrize("split", [LeaveLastOut(), PerUserRatio()], ids=show)
def test_splits_that_would_part_a_basket_are_refused(split):
    with pytest.raises(InputError, match="would part pairs of one basket; divide associate by"):
        split.assign(baskets(), 0)
