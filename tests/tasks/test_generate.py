"""Texts asked for by category and attributes: how the task poses them, what writers are handed."""

import json

import numpy as np
import polars as pl
import pytest

import longshelf as ls
from longshelf.components import build
from longshelf.errors import InputError, NotApplicable
from longshelf.features import Conditions
from longshelf.models.generate.asked import Asked
from longshelf.splits import Stratified
from longshelf.tasks import Classify, Generate
from longshelf.tasks.base import divide
from longshelf.tasks.samples import EACH

KINDS = ("shirt", "tie", "sock")
COLOURS = ("red", "blue", "green")


@pytest.fixture(scope="module")
def shop():
    draw = np.random.default_rng(0)
    kind = draw.choice(KINDS, 300, p=[0.7, 0.2, 0.1])
    colour = draw.choice(COLOURS, 300)
    rows = pl.DataFrame(
        {
            "kind": kind,
            "colour": [None if i % 10 == 0 else c for i, c in enumerate(colour)],
            "name": [f"{c} {k} {i % 150}" for i, (c, k) in enumerate(zip(colour, kind))],
            "other": [f"unique {i}" for i in range(300)],
        }
    )
    return ls.load(rows, label="kind", text=("other",), categorical=("colour",))


def test_inputs_hold_category_and_attributes_and_never_the_text(shop):
    problem = Generate(text="name").pose(shop)
    assert problem.rows.inputs.columns == ["category", "colour"]
    assert problem.rows.y.tolist() == shop.rows["name"].to_list()
    assert problem.rows.inputs["category"].to_list() == shop.rows["kind"].to_list()
    assert Generate(text="name", attributes=[]).pose(shop).rows.inputs.columns == ["category"]


def test_equal_texts_to_write_stay_on_one_side_whatever_the_schema_calls_text(shop):
    problem = Generate(text="name").pose(shop)
    parts = divide(problem, Stratified(), 0)
    sides = [set(part.y.tolist()) for part in (parts.train, parts.valid, parts.test)]
    assert sum(map(len, sides)) == len(set.union(*sides)) < 300
    apart = Generate(text="other").pose(shop)
    assert len(np.unique(problem.keys)) < len(np.unique(apart.keys)) == 300


def test_rows_without_a_text_are_left_out_and_said_so(shop):
    holes = shop.rows.with_columns(pl.when(pl.col("kind") == "sock").then(pl.lit(" ")).otherwise("name").alias("name"))  # fmt: skip
    problem = Generate(text="name").pose(ls.load(holes, label="kind", text=("name",)))
    socks = int((shop.rows["kind"] == "sock").sum())
    assert len(problem.rows) == 300 - socks
    assert problem.findings == (f"{socks} rows without name are left out",)
    with pytest.raises(InputError, match="is empty"):
        Generate(text="name").pose(ls.load(holes.with_columns(name=pl.lit("")), label="kind"))


def test_conditions_are_the_category_code_and_the_levels(shop):
    parts = divide(Generate(text="name").pose(shop), Stratified(), 0)
    fitted = Conditions().fit(parts.train, shop.schema)
    asked = Asked.of(parts.train, parts.targets)
    for part in (parts.train, parts.test):
        X = fitted.transform(part)
        assert X.shape == (len(part), 2)
        assert X.dtype == np.int64
        np.testing.assert_array_equal(X[:, 0], part.code)
        told = [
            {k: v for k, v in row.items() if v is not None}
            for row in part.inputs.iter_rows(named=True)
        ]
        assert asked.read(X) == told
        assert asked.read(X[:, :1]) == [{"category": one["category"]} for one in told]
    assert (fitted.transform(parts.train)[:, 1] == -1).any()


def test_a_level_no_training_row_states_is_still_a_word(shop):
    rows = shop.rows.with_columns(colour=pl.when(pl.int_range(300) == 0).then(pl.lit("teal")).otherwise("colour"))  # fmt: skip
    problem = Generate(text="name").pose(
        ls.load(rows, label="kind", text=("name",), categorical=("colour",))
    )
    without = problem.rows.take(np.arange(1, 300))
    X = Conditions().fit(without, shop.schema).transform(problem.rows)
    assert Asked.of(without, problem.targets).read(X)[0]["colour"] == "teal"


def test_writers_of_the_category_alone_read_conditions_too(shop):
    texts = [
        ls.fit(shop, task=Generate(text="name"), features=features, model=model).predicted.tolist()
        for model in ("copy_writer", "ngram_writer")
        for features in ("category", "conditions")
    ]
    assert texts[0] == texts[1]
    assert texts[2] == texts[3]
    assert texts[0] != texts[2]


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (Generate(text="nmae"), "did you mean 'name'"),
        (Generate(attributes=["color"]), "did you mean 'colour'"),
        (Generate(attributes=["kind"]), "'kind' is the category already"),
        (Generate(text="name", attributes=["name"]), "'name' is the text already"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(shop, task, said):
    with pytest.raises(InputError, match=said):
        task.pose(shop)


def test_an_attribute_list_is_a_list_and_asking_with_other_columns_is_refused():
    with pytest.raises(InputError, match="a list of columns"):
        Generate(attributes="colour")
    assert build("task", "generate(attributes=['colour'])") == Generate(attributes=("colour",))
    with pytest.raises(InputError, match="got 3 columns"):
        Asked(("a",), {"colour": ("red",)}).read(np.zeros((1, 3), dtype=int))


def test_conditions_are_not_for_other_tasks(shop):
    parts = divide(Classify().pose(shop), Stratified(), 0)
    with pytest.raises(NotApplicable, match="generate"):
        Conditions().fit(parts.train, shop.schema)


def test_writing_what_was_asked_is_measured_as_faithful(shop):
    how = {"task": Generate(text="name"), "features": "conditions"}
    template, copy = (ls.fit(shop, model=m, **how) for m in ("template_writer", "copy_writer"))
    assert template.value("attribute_coverage", decision="score") == 1.0
    assert template.value("contradiction", decision="score") == 0.0
    assert copy.value("attribute_coverage", decision="score") < 0.9
    assert copy.value("contradiction", decision="score") > 0.3
    assert copy.value("copied", decision="score") == 1.0
    assert copy.value("copied", decision="real") == 0.0
    assert template.value("chrf", decision="score") > copy.value("chrf", decision="score")
    said = template.values.filter(slice_axis="attribute", metric="attribute_coverage")
    assert set(said["slice"]) == {"category", "colour"}


def test_arms_on_the_same_parts_share_what_depends_on_the_parts_alone(shop, monkeypatch):
    task = Generate(text="name")
    parts = divide(task.pose(shop), Stratified(), 0)
    first = task.measure(np.full(len(parts.test), "red tie"), parts)
    assert "judge" in parts.shared
    monkeypatch.setattr("longshelf.metrics.texts.consistency._judge", None)
    again = task.measure(np.full(len(parts.test), "blue tie"), parts)
    real = [found.values.filter(decision="real") for found in (first, again)]
    assert real[0].equals(real[1])
    assert not first.values.equals(again.values)
    assert divide(task.pose(shop), Stratified(), 0).shared == {}


def test_samples_are_the_same_rows_for_every_writer_of_different_categories_first(shop):
    task = Generate(text="name")
    parts = divide(task.pose(shop), Stratified(), 0)
    texts = np.array([f"Green {name}" for name in parts.test.y])
    found, other = task.examples(texts, parts), task.examples(parts.test.y, parts)
    same = ["rank", "category", "slice", "count", "asked", "real", "real_marks"]
    assert found.select(same).equals(other.select(same))
    assert other["text"].to_list() == other["real"].to_list()
    assert other["marks"].to_list() == other["real_marks"].to_list()
    assert set(found["slice"]) == {"head", "torso", "tail"} & set(parts.slices.members)
    row = found.filter(asked='{"colour":"blue"}').row(0, named=True)
    assert json.loads(row["marks"]) == [
        [0, 5, 0], [6, 10, 1], [11, 11 + len(row["category"]), 1]
    ]  # fmt: skip


def test_of_each_slice_every_category_comes_before_any_twice(shop):
    kinds = [f"kind {i:02d}" for i in range(40)]
    rows = pl.DataFrame(
        {
            "kind": [
                k for i, k in enumerate(kinds) for _ in range(200 if i < 3 else 25 if i < 10 else 5)
            ]
        }
    )
    rows = rows.with_columns(name=pl.col("kind") + pl.int_range(rows.height).cast(pl.String))
    task = Generate(text="name")
    parts = divide(task.pose(ls.load(rows, label="kind", text=("name",))), Stratified(), 0)
    found = task.examples(parts.test.y, parts)
    assert found.filter(slice="tail")["category"].n_unique() == EACH
    assert sorted(found.group_by("slice").len()["len"].to_list())[-1] == EACH
    head = found.filter(slice="head")
    assert head["category"].n_unique() == int((parts.slices.of == 0).sum()) < EACH == head.height
