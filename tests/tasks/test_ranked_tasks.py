"""What ranking tasks pose: sources, histories, what lists may not hold, pairs and judgements."""

import itertools
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import longshelf as ls
from longshelf.errors import InputError
from longshelf.splits.base import TEST, TRAIN, VALID, Assignment, Split
from longshelf.tables import Card, Dataset, Ranking, Schema
from longshelf.tasks import Associate, Rank, Search, divide

CARD = Card(title="toy", licence="none")


class Given(Split):
    """Parts by position."""

    def __init__(self, part):
        object.__setattr__(self, "part", np.asarray(part))

    def assign(self, problem, seed):
        return Assignment(self.part)


@pytest.fixture
def visits():
    """Two users; times are out of order on purpose."""
    rows = pl.DataFrame(
        {
            "user": ["u", "u", "v", "u", "v", "u", "v", None],
            "item": ["c", "a", "a", "b", "b", "d", "c", "a"],
            "time": [3, 1, 1, 2, 2, 4, 3, 9],
        }
    )
    items = pl.DataFrame({"item": ["a", "b", "c", "d", "e"], "text": ["A", "B", "C", "D", "E"]})
    return Dataset(
        name="toy", rows=rows, schema=Schema(user="user", item="item", time="time"), card=CARD,
        targets=items,
    )  # fmt: skip


@pytest.fixture
def parts(visits):
    problem = Rank(k=2, depth=5).pose(visits)
    said = dict(zip(problem.rows.id.tolist(), range(7), strict=True))
    part = np.full(7, TRAIN)
    part[said[0]] = VALID
    part[[said[5], said[6]]] = TEST
    return divide(problem, Given(part), 0)


def items(parts, codes):
    return [str(parts.targets.names[code]) for code in codes]


def test_rows_stand_in_time_order_and_rows_without_a_user_are_counted(visits):
    problem = Rank().pose(visits)
    assert visits.rows["time"][problem.rows.id].is_sorted()
    assert problem.findings == ("1 rows without user or item are left out",)
    assert problem.sources.tolist() == ["u", "v"]
    assert problem.targets.text.tolist() == ["A", "B", "C", "D", "E"]


def test_a_row_remembers_what_its_source_had_in_what_was_known(parts):
    def told(rows):
        return {
            int(at): items(parts, codes)
            for at, codes in zip(rows.id, rows.inputs["history"].to_list(), strict=True)
        }

    assert told(parts.train) == {1: [], 3: ["a"], 2: [], 4: ["a"]}
    assert told(parts.valid) == {0: ["a", "b"]}
    assert told(parts.test) == {5: ["a", "b", "c"], 6: ["a", "b"]}


def test_memory_bounds_the_history(visits):
    problem = Rank(memory=1).pose(visits)
    ordered = divide(problem, Given([TRAIN] * 4 + [VALID, TEST, TEST]), 0)
    assert max(map(len, ordered.test.inputs["history"].to_list())) == 1
    assert (
        "history"
        not in divide(
            Rank(memory=0).pose(visits), Given([TRAIN] * 4 + [VALID, TEST, TEST]), 0
        ).train.inputs.columns
    )


def test_known_items_are_hidden_and_not_asked_for(parts):
    hidden = parts.problem.task.hidden(parts).toarray()
    assert [items(parts, np.flatnonzero(row)) for row in hidden] == [["a", "b", "c"], ["a", "b"]]
    asked = parts.problem.task.relevant(parts).toarray()
    assert [items(parts, np.flatnonzero(row)) for row in asked] == [["d"], ["c"]]


def test_repeats_may_be_listed_and_asked_for(visits):
    again = pl.concat([visits.rows, visits.rows[[1]].with_columns(time=pl.lit(8, pl.Int64))])
    problem = Rank(repeats=True).pose(
        Dataset(name="toy", rows=again, schema=visits.schema, card=CARD)
    )
    parts = divide(problem, Given([TRAIN] * 6 + [VALID, TEST]), 0)
    assert problem.task.hidden(parts) is None
    assert items(parts, np.flatnonzero(problem.task.relevant(parts).toarray()[0])) == ["a"]


def test_the_history_features_read_from_the_left(parts):
    fitted = ls.build("features", "history(length=2)").fit(parts.train, Schema())
    codes = fitted.transform(parts.test)
    known = [[str(parts.targets.names[c - 1]) if c else "" for c in row] for row in codes]
    assert sorted(known) == [["a", "b"], ["b", "c"]]
    assert sorted(map(tuple, fitted.transform(parts.train).tolist())) == [
        (0, 0), (0, 0), (0, 1), (0, 1),
    ]  # fmt: skip


def test_pairs_of_small_baskets_are_all_pairs():
    baskets = {"x": ["a", "b", "c"], "y": ["a", "b"], "z": ["d"], "w": ["b", "b", "d"]}
    rows = pl.DataFrame(
        [(name, item) for name, held in baskets.items() for item in held],
        schema=["basket", "item"], orient="row",
    )  # fmt: skip
    dataset = Dataset(name="toy", rows=rows, schema=Schema(user="basket", item="item"), card=CARD)
    problem = Associate(partners=5).pose(dataset)
    wanted = sorted(
        pair for held in baskets.values() for pair in itertools.permutations(sorted(set(held)), 2)
    )
    got = zip(
        problem.sources[problem.rows.source], problem.targets.names[problem.rows.code], strict=True
    )
    assert sorted((str(a), str(b)) for a, b in got) == wanted
    together = pl.DataFrame({"of": rows["basket"][problem.rows.id], "key": problem.keys})
    assert together.n_unique() == together["of"].n_unique() == together["key"].n_unique()


def test_large_baskets_give_a_few_partners_each_and_never_the_item_itself():
    rows = pl.DataFrame({"basket": ["x"] * 50, "item": [f"i{n}" for n in range(50)]})
    dataset = Dataset(name="toy", rows=rows, schema=Schema(user="basket", item="item"), card=CARD)
    problem = Associate(partners=2).pose(dataset)
    assert len(problem.rows) == 50 * 2 * 2
    assert np.bincount(problem.rows.source).tolist() == [4] * 50
    assert (problem.sources[problem.rows.source] != problem.targets.names[problem.rows.code]).all()


def test_no_list_holds_its_own_item():
    rows = pl.DataFrame({"basket": [f"x{n // 3}" for n in range(90)],
                         "item": [f"i{n * 7 % 11}" for n in range(90)]})  # fmt: skip
    dataset = Dataset(name="toy", rows=rows, schema=Schema(user="basket", item="item"), card=CARD)
    arm = ls.fit(
        dataset, task="associate(k=10)", split="stratified", features="ids", model="most_popular"
    )
    own = arm.parts.problem.sources[arm.predicted.sources]
    listed = arm.parts.targets.names[arm.predicted.ids]
    assert not (own[:, None] == listed)[arm.predicted.ids >= 0].any()


def baskets(**more):
    rows = pl.DataFrame({"basket": [f"x{n // 3}" for n in range(90)],
                         "item": [f"i{n * 7 % 11}" for n in range(90)]})  # fmt: skip
    schema = Schema(user="basket", item="item", **more)
    words = ("red", "blue", "green")
    titles = [f"{words[n % 3]} {'cup' if n < 6 else 'plate'}" for n in range(11)]
    items = pl.DataFrame({"item": [f"i{n}" for n in range(11)], "text": titles})
    return Dataset(name="toy", rows=rows, schema=schema, card=CARD, targets=items), titles


def test_items_of_baskets_are_told_by_their_titles():
    dataset, titles = baskets()
    problem = Associate(k=5).pose(dataset)
    (column,) = problem.reads.text
    named = problem.sources[problem.rows.source]
    assert problem.rows.inputs[column].to_list() == [titles[int(name[1:])] for name in named]
    assert problem.reads.inputs == (column,)
    silent = replace(dataset, targets=dataset.targets.drop("text"))
    assert Associate().pose(silent).reads.text == ()


@pytest.mark.parametrize("model", ["dense_retrieval(encoder='tf_idf')", "bm25"])
def test_rankers_of_text_associate_items_of_like_titles(model):
    dataset, titles = baskets()
    task = "associate(k=3)"
    arm = ls.fit(dataset, task=task, split="stratified", features="words", model=model)
    alike = {title: {n for n, other in enumerate(titles) if other == title} for title in titles}
    for source, ids in zip(arm.predicted.sources, arm.predicted.ids, strict=True):
        own = int(str(arm.parts.problem.sources[source])[1:])
        twins = alike[titles[own]] - {own}
        listed = {int(str(arm.parts.targets.names[code])[1:]) for code in ids[: len(twins)]}
        assert listed == twins


@pytest.fixture
def judged():
    rows = pl.DataFrame(
        {
            "query": ["q1", "q1", "q2", "q2", "q3", "q3"],
            "product": ["a", "b", "b", "c", "a", "d"],
            "grade": [2.0, 0.0, 1.0, None, 3.0, 0.0],
        }
    )
    schema = Schema(query="query", item="product", grade="grade")
    return Dataset(name="toy", rows=rows, schema=schema, card=CARD)


def test_a_search_learns_from_grades_above_zero_and_knows_every_judgement(judged):
    problem = Search(k=2).pose(judged)
    assert problem.rows.weight.tolist() == [2.0, 1.0, 3.0]
    assert problem.targets.names.tolist() == ["a", "b", "c", "d"]
    parts = divide(problem, Given([TRAIN, VALID, TEST]), 0)
    assert problem.task.relevant(parts).toarray().tolist() == [[0] * 4, [0] * 4, [3, 0, 0, 0]]
    assert problem.task.judged(parts).toarray().tolist() == [
        [1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1],
    ]  # fmt: skip


def test_a_search_tells_ndcg_by_gain_map_and_pool(judged):
    task = Search(k=2, gains=[[0, 0, 1, 10]])
    parts = divide(task.pose(judged), Given([TRAIN, VALID, TEST]), 0)
    lists = Ranking(sources=np.array([2]), ids=np.array([[1, 3, 0]]), scores=np.ones((1, 3)))
    found = task.measure(lists, parts).values.filter(slice="all", slice_axis="all")
    value = dict(found.select("metric", "value").iter_rows())
    assert found["metric"].is_unique().all()
    assert value["ndcg@2"] == value["ndcg@2[gain=0/0/1/10]"] == 0
    second = 1 / np.log2(3)
    assert value["ndcg@2[pool=judged]"] == pytest.approx(second)
    assert value["ndcg@2[gain=0/0/1/10,pool=judged]"] == pytest.approx(second)
    assert value["judged@2"] == 0.5


def test_examples_say_what_was_asked(judged):
    asked = pl.DataFrame({"query": ["q1", "q2", "q3"], "text": ["red shoe", "pan", "pan"]})
    problem = Search(k=2).pose(replace(judged, sources=asked))
    parts = divide(problem, Given([TRAIN, VALID, TEST]), 0)
    lists = Ranking(
        sources=np.array([0, 2]), ids=np.array([[0, 1], [2, -1]]), scores=np.ones((2, 2))
    )
    shown = Search(k=2).examples(lists, parts).sort("source", "rank")
    assert shown["source"].to_list() == ["pan", "red shoe", "red shoe"]
    everyone = Ranking(sources=np.arange(3), ids=np.zeros((3, 1), int), scores=np.ones((3, 1)))
    told = Search(k=1).examples(everyone, parts)["source"].to_list()
    assert sorted(told) == ["pan (q2)", "pan (q3)", "red shoe"]


def test_a_falling_gain_map_is_refused():
    with pytest.raises(InputError, match="never fall"):
        Search(gains=[[0, 2, 1]])


@pytest.mark.parametrize(
    ("task", "schema", "said"),
    [
        (Rank, Schema(item="product"), "a user and an item column"),
        (Search, Schema(item="product"), "a query and an item column"),
        (Associate, Schema(query="query"), "an item column"),
        (Associate, Schema(item="product"), "names no baskets"),
    ],
)
def test_missing_roles_are_named(judged, task, schema, said):
    dataset = Dataset(name="toy", rows=judged.rows, schema=schema, card=CARD)
    with pytest.raises(InputError, match=said):
        task().pose(dataset)


def test_grades_must_be_numbers(judged):
    worded = judged.rows.with_columns(grade=pl.lit("exact"))
    dataset = Dataset(name="toy", rows=worded, schema=judged.schema, card=CARD)
    with pytest.raises(InputError, match="must be numbers"):
        Search().pose(dataset)


@pytest.mark.parametrize("given", [{"k": 0}, {"k": 200}, {"ks": (30,)}, {"ks": (0,)}])
def test_cut_offs_are_checked(given):
    with pytest.raises(InputError, match="rank"):
        Rank(**given)
