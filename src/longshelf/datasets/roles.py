"""Which column plays which role when the user did not say: one documented rule, reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import polars as pl

from longshelf.datasets.reading.names import free_text
from longshelf.errors import InputError, unknown
from longshelf.generators.provenance import provenance
from longshelf.tables import Schema

__all__ = ["MANY", "SINGLE", "guessed", "ranks", "stated"]

MANY = ("label", "text", "categorical", "numeric", "group")
SINGLE = (
    "id", "time", "user", "item", "query", "grade", "propensity", "weight", "document",
)  # fmt: skip
NAMES: Mapping[str, tuple[str, ...]] = {
    "label": (
        "label", "target", "class", "category", "y", "articletype", "product_type", "purchase",
        "purchased", "bought", "buy", "is_purchase", "ordered", "converted", "conversion", "click", "clicked", "is_click", "rating",
        "relevance", "churn", "churned", "outcome", "购买", "是否购买", "点击", "类别", "分类",
        "标签", "类目",
    ),
    "id": ("id", "row_id", "uuid", "index", "编号"),
    "time": ("time", "timestamp", "date", "datetime", "created_at", "event_time", "日期", "时间"),
    "user": ("user", "user_id", "userid", "customer", "customer_id", "customerid", "用户"),
    "item": ("item", "item_id", "itemid", "product_id", "sku", "asin", "stockcode", "商品"),
    "query": ("query", "query_id", "search_term", "查询"),
    "grade": ("grade", "relevance", "relevance_grade", "gain", "judgement", "judgment"),
    "propensity": ("propensity", "propensity_score", "pscore"),
    "weight": ("sample_weight", "row_weight"),
    "group": ("gender", "sex", "age_band", "age_group", "segment", "country", "region", "性别"),
}  # fmt: skip
OUTCOMES = frozenset({
    "purchase", "purchased", "bought", "buy", "is_purchase", "ordered", "converted", "conversion",
    "click", "clicked", "is_click", "churn", "churned", "outcome", "购买", "是否购买", "点击",
})  # fmt: skip
"""Labels of interactions; other usual names tell the item there."""
RATED: Mapping[str, tuple[str, ...]] = {"user": ("rating", "stars"), "query": ("label", "score")}
"""What may hold the grade as well where the user or the query is named, by which of them."""
CATEGORIES = 100


def stated(given: Mapping[str, Any], columns: list[str]) -> Schema:
    """The roles the user named, each checked.

    Raises
    ------
    InputError
        A column that is not there, or a label that is an input as well.
    """
    roles: dict[str, Any] = {}
    for role in (field.name for field in fields(Schema)):
        value = given.get(role)
        if not value:
            continue
        names = (value,) if isinstance(value, str) else tuple(map(str, value))
        for name in names:
            if name not in columns:
                raise unknown(f"column for {role}", name, columns)
        if role in SINGLE and len(names) > 1:
            raise InputError(f"{role} is one column, got {', '.join(names)}")
        roles[role] = names if role in MANY else names[0]
    schema = Schema(**roles)
    both = [name for name in schema.label if name in schema.inputs]
    if both:
        raise InputError(
            f"column {both[0]!r} is named as label and as input: a model that reads its label "
            "learns nothing; take it out of text, categorical and numeric"
        )
    return schema


def guessed(frame: pl.DataFrame, schema: Schema) -> tuple[Schema, list[str]]:
    """Fill the roles that were not named, and say which.

    Single roles and groups are taken by name (``user_id``, ``timestamp``, ``gender`` …). The label
    is the first column with a usual name (``label``, ``category``, ``click`` …), else the last
    column of few distinct values. Inputs are guessed only if none is named: free text as text,
    numbers as numeric, other columns of at most 100 distinct values as categorical. Left out, and
    said so: whole numbers that are all distinct or called ``… id``, columns of more values, and
    columns the label decides in 99% of the rows, such as its parent category. A number called
    ``grade``, ``relevance`` and the like is the grade where query and item are known and no label
    is named. Where item and user or query are named and no label is, only an outcome (``click``,
    ``purchase`` …) is guessed as one. Interactions and judgements get no inputs by guessing. What
    ``longshelf expand`` wrote about the origin of rows is no input.
    """
    findings: list[str] = []
    told = [name for name in provenance(frame) if name not in schema.columns]
    frame, named = frame.drop(told), ranks(schema)
    for role in (*SINGLE, "group"):
        if not getattr(schema, role):
            taken = set(schema.columns)
            hits = [name for name in frame.columns if _named(name, role) and name not in taken]
            hits = [name for name in hits if _fits(frame[name], role)]
            if role == "grade":
                hits = _grades(frame, schema, hits, named)
            if hits:
                value: Any = tuple(hits) if role == "group" else hits[0]
                schema = replace(schema, **{role: value})
                shown = hits if role == "group" else hits[:1]
                findings.append(f"guessed {role}: {', '.join(shown)}")
    if not schema.label and (label := _label(frame, schema, named)):
        schema = replace(schema, label=(label,))
        findings.append(f"guessed label: {label} ({frame[label].n_unique()} distinct values)")
    if not schema.inputs and not ranks(schema):
        inputs, ignored = _inputs(frame, set(schema.columns), schema.label[:1])
        filled: dict[str, Any] = dict(inputs)
        schema = replace(schema, **filled)
        findings += [
            f"guessed {kind}: {', '.join(names)}" for kind, names in inputs.items() if names
        ]
        if ignored:
            findings.append(f"not read as inputs: {', '.join(ignored)}")
    return schema, findings


def ranks(schema: Schema) -> bool:
    """Whether the rows are interactions or judgements: items for users or queries, no label."""
    return bool(schema.item and (schema.user or schema.query) and not schema.label)


def _named(name: str, role: str) -> bool:
    return name.strip().lower().replace(" ", "_").replace("-", "_") in NAMES.get(role, ())


def _fits(column: pl.Series, role: str) -> bool:
    if role == "id":
        return column.n_unique() == column.len()
    if role in ("grade", "propensity", "weight"):
        return column.dtype.is_numeric()
    if role == "group":
        return column.n_unique() <= CATEGORIES
    return True


def _grades(frame: pl.DataFrame, schema: Schema, hits: list[str], named: bool) -> list[str]:
    """The columns that may hold the grade; those called so first."""
    if schema.label or not schema.item:
        return []
    asked = "query" if schema.query else "user" if schema.user else ""
    more = [
        column.name
        for column in frame
        if column.name.lower() in RATED.get(asked, ()) and _fits(column, "grade")
    ]
    return [*(hits if asked == "query" or named else []), *(more if named else [])]


def _label(frame: pl.DataFrame, schema: Schema, named: bool) -> str:
    free = [name for name in frame.columns if name not in set(schema.columns)]
    if schema.grade:
        return ""
    for usual in NAMES["label"]:
        if named and usual not in OUTCOMES:
            continue
        for name in free:
            if name.strip().lower().replace(" ", "_") == usual and frame[name].n_unique() > 1:
                return name
    if named or (schema.user and schema.item):
        return ""
    limit = max(2, frame.height // 4)
    few = [
        name
        for name in free
        if not frame[name].dtype.is_float()
        and not frame[name].dtype.is_temporal()
        and 2 <= frame[name].drop_nulls().n_unique() <= limit
    ]
    words = [name for name in few if not frame[name].dtype.is_numeric()]
    return (words or few or [""])[-1]


def _inputs(
    frame: pl.DataFrame, taken: set[str], label: tuple[str, ...]
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    texts = {frame.columns[k] for k in free_text(frame)}
    kinds: dict[str, list[str]] = {"text": [], "categorical": [], "numeric": []}
    ignored = []
    for column in frame:
        name = column.name
        if name in taken:
            continue
        if name in texts:
            kinds["text"].append(name)
        elif _is_key(column):
            ignored.append(name)
        elif column.dtype.is_numeric():
            kinds["numeric"].append(name)
        elif column.dtype not in (pl.String, pl.Boolean) or column.n_unique() > CATEGORIES:
            ignored.append(name)
        elif label and _follows(frame, name, label[0]):
            ignored.append(f"{name} (follows from {label[0]})")
        else:
            kinds["categorical"].append(name)
    return {kind: tuple(names) for kind, names in kinds.items()}, ignored


def _is_key(column: pl.Series) -> bool:
    """Whole numbers that only name things: all distinct, or a column called … id."""
    if not column.dtype.is_integer():
        return False
    name = column.name.lower()
    return column.n_unique() == column.len() > 20 or name.endswith((" id", "_id", "-id"))


def _follows(frame: pl.DataFrame, name: str, label: str) -> bool:
    """Whether the label decides the column, as it decides its parent category: 99% of the rows."""
    pairs = frame.select(name, label).drop_nulls().group_by(label, name).len()
    if not pairs.height:
        return False
    rows = int(pairs["len"].sum())
    decided = int(pairs.group_by(label).agg(pl.col("len").max())["len"].sum())
    largest = int(pairs.group_by(name).agg(pl.col("len").sum())["len"].max())  # type: ignore[arg-type]
    return decided >= 0.99 * rows and largest < 0.95 * rows
