"""The user's own interactions and judgements: what is taken, what is refused and how it is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from longshelf.components import build
from longshelf.datasets.own import read_own
from longshelf.errors import InputError


@pytest.fixture
def log() -> pl.DataFrame:
    titles = {"x": "a red woollen scarf", "y": "blue canvas summer shoes", "z": "old oak desk lamp"}
    items = ["x", "y", "z", "x", "y", "x"]
    return pl.DataFrame(
        {
            "customer": ["a", "a", "b", "b", "c", "c"],
            "article": items,
            "when": [f"2024-01-0{k}" for k in range(1, 7)],
            "title": [titles[item] for item in items],
            "category": [{"x": "wear", "y": "wear", "z": "home"}[item] for item in items],
            "price": [1.0, 2.0, 3.0, 1.0, 2.0, 1.5],
        }
    )


@pytest.fixture
def judged() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "query": ["red scarf", "red scarf", "desk lamp", "desk lamp"],
            "item": ["x", "y", "z", "x"],
            "grade": [3, 1, 3, 0],
        }
    )


@pytest.fixture
def items() -> pl.DataFrame:
    return pl.DataFrame({"sku": ["x", "y", "z"], "title": ["scarf", "shoes", "lamp"]})


def test_interactions_need_a_user_and_an_item_only(log: pl.DataFrame) -> None:
    data = read_own(log, user="customer", item="article", time="when")
    schema = data.schema
    assert (schema.user, schema.item, schema.label, schema.inputs) == (
        "customer",
        "article",
        (),
        (),
    )
    assert data.rows["when"].dtype == pl.Datetime("us")
    assert data.targets is not None
    assert data.targets.rows() == [
        ("x", "a red woollen scarf", "wear"),
        ("y", "blue canvas summer shoes", "wear"),
        ("z", "old oak desk lamp", "home"),
    ]
    assert "guessed text of the items: title" in data.findings
    posed = build("task", "rank").pose(data)
    assert posed.targets.text.tolist()[0] == "a red woollen scarf"
    assert posed.targets.parents.tolist() == ["wear", "wear", "home"]


def test_text_that_varies_within_an_item_describes_none(log: pl.DataFrame) -> None:
    moods = ["very soft indeed", "far too small", "gives good light", "scratchy old thing"]
    noted = log.head(4).with_columns(title=pl.Series(moods)).drop("category")
    noted = pl.concat([noted, noted.with_columns(title=pl.col("title") + " again")])
    assert read_own(noted, user="customer", item="article").targets is None


def test_judgements_are_graded_and_searched(judged: pl.DataFrame, items: pl.DataFrame) -> None:
    data = read_own(judged, query="query", item="item", grade="grade", targets=items)
    assert (data.schema.query, data.schema.grade, data.schema.text) == (
        "query",
        "grade",
        ("query",),
    )
    assert data.rows["grade"].to_list() == [3.0, 1.0, 3.0, 0.0]
    assert data.targets is not None
    assert data.targets["text"].to_list() == ["scarf", "shoes", "lamp"]
    posed = build("task", "search").pose(data)
    assert posed.rows.weight.tolist() == [3.0, 1.0, 3.0]
    assert posed.sources.tolist() == ["desk lamp", "red scarf"]


def test_judgement_files_are_known_by_their_columns(judged: pl.DataFrame) -> None:
    data = read_own(judged.rename({"grade": "relevance"}))
    assert (data.schema.grade, data.schema.label) == ("relevance", ())
    labelled = read_own(judged.rename({"grade": "relevance"}), label="relevance")
    assert (labelled.schema.grade, labelled.schema.label) == (None, ("relevance",))


def test_the_same_from_files_named_in_yaml(
    tmp_path: Path, judged: pl.DataFrame, items: pl.DataFrame
) -> None:
    judged = judged.with_columns(pl.col("query").replace({"red scarf": "q1", "desk lamp": "q2"}))
    judged.write_csv(tmp_path / "judged.csv")
    items.write_csv(tmp_path / "items.csv")
    pl.DataFrame({"qid": ["q1", "q2"], "query": ["red scarf", "desk lamp"]}).write_csv(
        tmp_path / "queries.csv"
    )
    told = tmp_path / "about.yaml"
    told.write_text(
        "query: query\nitem: item\ngrade: grade\n"
        f"targets: {tmp_path / 'items.csv'}\nsources: {tmp_path / 'queries.csv'}\n"
    )
    with pytest.raises(InputError, match=r"whose key is 'query': add them there"):
        read_own(tmp_path / "judged.csv", description=told)
    pl.DataFrame({"query": ["q1", "q2"], "words": ["red scarf", "desk lamp"]}).rename(
        {"words": "text"}
    ).write_csv(tmp_path / "queries.csv")
    data = read_own(tmp_path / "judged.csv", description=told)
    assert data.schema.text == ("query_text",)
    assert data.rows["query_text"].to_list() == ["red scarf", "red scarf", "desk lamp", "desk lamp"]
    assert data.sources is not None
    assert data.sources.columns == ["query", "text"]


def test_groups_may_stand_in_the_table_of_users(log: pl.DataFrame) -> None:
    people = pl.DataFrame({"customer": ["a", "b"], "age": ["old", "young"]})
    data = read_own(log, user="customer", item="article", group="age", sources=people)
    assert data.rows["age"].to_list() == ["old", "old", "young", "young", None, None]
    assert "1 user in no row of the table of users" in data.findings


def test_a_judgement_repeated_with_one_grade_is_kept_once(judged: pl.DataFrame) -> None:
    data = read_own(pl.concat([judged, judged.head(1)]), query="query", item="item", grade="grade")
    assert data.rows.height == 4
    assert "1 judgement repeated with the same grade: kept once" in data.findings


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"query": ["red scarf", None, "desk lamp", None]}, r"2 rows without a value in 'query' \(row 2, 4"),
    ({"item": ["x", "", "z", "x"]}, r"1 row without a value in 'item' \(row 2"),
    ({"grade": [3, 1, None, 0]}, r"1 row without a value in 'grade' \(row 3"),
    ({"grade": ["Exact", "Partial", "Exact", "Bad"]}, r"'grade' holds Bad, Exact, Partial: write a"),
    ({"grade": [3.0, -1.0, 0.0, 1.0]}, r"at least 0; 'grade' holds -1.0"),
    ({"item": ["x", "x", "z", "x"]}, r"1 pair .* different grades \('red scarf' and 'x': 1.0, 3.0\)"),
    ({"item": ["x", "y", "q", "x"]}, r"1 value of 'item' in no row of the table of items \(q\), whose key is 'sku'"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "said"), REFUSED)
def test_wrong_judgements_are_refused_with_their_place(
    judged: pl.DataFrame, items: pl.DataFrame, wrong: dict[str, Any], said: str
) -> None:
    frame = judged.with_columns(**{k: pl.Series(v, strict=False) for k, v in wrong.items()})
    with pytest.raises(InputError, match=said):
        read_own(frame, query="query", item="item", grade="grade", targets=items)


def test_a_table_with_a_repeated_key_is_refused(judged: pl.DataFrame, items: pl.DataFrame) -> None:
    twice = pl.concat([items, items.head(1)])
    with pytest.raises(InputError, match=r"holds 1 value of 'sku' more than once \(x\)"):
        read_own(judged, query="query", item="item", grade="grade", targets=twice)


def test_a_table_that_cannot_be_read_is_named(judged: pl.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the table of items: .*no such file"):
        read_own(judged, query="query", item="item", grade="grade", targets=tmp_path / "no.csv")


def test_anonymous_interactions_are_refused(log: pl.DataFrame) -> None:
    hidden = log.with_columns(customer=pl.Series(["a", None, "b", "b", "c", "c"]))
    with pytest.raises(InputError, match=r"1 row without a value in 'customer' \(row 2"):
        read_own(hidden, user="customer", item="article")


def test_ids_keep_their_zeros_and_meet_numbers(tmp_path: Path, log: pl.DataFrame) -> None:
    numbered = log.with_columns(article=pl.Series([1, 2, 3, 1, 2, 1]))
    table = pl.DataFrame({"article": ["1", "2", "3"], "text": ["one", "two", "three"]})
    data = read_own(numbered, user="customer", item="article", targets=table)
    assert build("task", "rank").pose(data).targets.text.tolist() == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("column", "values", "role"),
    [("click", [0, 1, 0, 1, 0, 1], "label"), ("rating", [5, 1, 3, 4, 2, 5], "grade")],
)
def test_an_outcome_is_a_label_and_a_rating_a_grade(
    log: pl.DataFrame, column: str, values: list[int], role: str
) -> None:
    frame = log.with_columns(pl.Series(column, values))
    schema = read_own(frame, user="customer", item="article").schema
    assert schema.label == (("click",) if role == "label" else ())
    assert schema.grade == ("rating" if role == "grade" else None)
