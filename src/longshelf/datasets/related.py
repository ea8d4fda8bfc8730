"""The user's own interactions and judgements: their ids, their grades, the tables they point to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from longshelf.datasets.reading import read_table
from longshelf.datasets.reading.names import free_text
from longshelf.datasets.reading.wording import many
from longshelf.errors import InputError
from longshelf.tables import Schema

__all__ = ["Related", "read_related", "related", "with_groups"]

SHOWN = 5
STEADY = 0.9
WORDED = 0.2


@dataclass(frozen=True)
class Related:
    """Rows that can be ranked, and what is known of who asks and of what is asked for."""

    rows: pl.DataFrame
    schema: Schema
    sources: pl.DataFrame | None
    targets: pl.DataFrame | None
    findings: tuple[str, ...] = ()


def read_related(source: Any, what: str) -> tuple[pl.DataFrame | None, list[str]]:
    """A table of items, users or queries, and what reading it had to decide.

    Raises
    ------
    InputError
        A file that cannot be read, naming which of the tables it is.
    """
    if source is None:
        return None, []
    try:
        table = read_table(source)
    except InputError as error:
        raise InputError(f"the table of {what}: {error}") from error
    return table.frame, [f"table of {what}: {said}" for said in table.findings]


def with_groups(
    rows: pl.DataFrame, roles: Mapping[str, Any], sources: pl.DataFrame | None
) -> pl.DataFrame:
    """The rows with the groups that stand in the table of users or queries."""
    given = roles.get("group") or ()
    groups = (given,) if isinstance(given, str) else tuple(map(str, given))
    if sources is None:
        return rows
    absent = [name for name in groups if name not in rows.columns and name in sources.columns]
    key = roles.get("user") or roles.get("query") or sources.columns[0]
    if not absent or key not in rows.columns:
        return rows
    own = key if key in sources.columns else sources.columns[0]
    table = sources.select(pl.col(own).cast(pl.String).alias("key"), *absent).unique("key")
    keys = rows.select(key=pl.col(key).cast(pl.String))
    found = keys.join(table, on="key", how="left", maintain_order="left")
    return rows.with_columns(found[name] for name in absent)


def related(
    rows: pl.DataFrame,
    schema: Schema,
    sources: pl.DataFrame | None = None,
    targets: pl.DataFrame | None = None,
) -> Related:
    """Check what the rows point to, and find texts for the items and the queries.

    Judgements repeated with one grade are kept once. Without a table of items, the free text and
    the category that stand beside an item in the rows, and hardly vary, become one.

    Parameters
    ----------
    rows : polars.DataFrame
        One line per interaction or judgement.
    schema : Schema
        Names the item, and the user or the query.
    sources, targets : polars.DataFrame or None
        Users or queries, and items; the key is the column called as in the rows, else the first.

    Raises
    ------
    InputError
        A missing id, a grade that is no number of at least 0, a pair judged twice with different
        grades, a key that repeats, or an item or a query that its table lacks.
    """
    key, item = str(schema.user or schema.query), str(schema.item)
    for column in (key, item):
        _whole(rows, column)
    findings: list[str] = []
    if schema.grade:
        rows = _graded(rows, schema, findings)
    if targets is None:
        targets = _described(rows, schema, findings)
    else:
        targets = _worded(_keyed(targets, item, "items"), "items", findings)
        _all_known(rows, item, targets, "items")
    if sources is not None:
        sources = _keyed(sources, key, "users" if schema.user else "queries")
        if schema.user:
            unknown = _strange(rows, key, sources)
            if unknown:
                findings.append(f"{many(len(unknown), 'user')} in no row of the table of users")
        else:
            sources = _worded(sources, "queries", findings)
            _all_known(rows, key, sources, "queries")
    if schema.query and not schema.text:
        rows, schema = _asked(rows, schema, sources, findings)
    return Related(rows, schema, sources, targets, tuple(findings))


def _listed(values: Sequence[Any]) -> str:
    more = f" and {len(values) - SHOWN:,} more" if len(values) > SHOWN else ""
    return ", ".join(map(str, values[:SHOWN])) + more


def _whole(rows: pl.DataFrame, column: str) -> None:
    gaps = rows[column].is_null()
    if rows[column].dtype == pl.String:
        gaps |= rows[column].str.strip_chars() == ""
    at = (gaps.arg_true() + 1).to_list()
    if at:
        raise InputError(
            f"{many(len(at), 'row')} without a value in {column!r} (row {_listed(at)}, counted "
            "from 1): nothing can be ranked for or from nobody; take these rows out, or name "
            "another column"
        )


def _graded(rows: pl.DataFrame, schema: Schema, findings: list[str]) -> pl.DataFrame:
    grade = str(schema.grade)
    _whole(rows, grade)
    if not rows[grade].dtype.is_numeric():
        words = rows[grade].cast(pl.String).unique().sort().to_list()
        raise InputError(
            f"grades are numbers, 0 for irrelevant; {grade!r} holds {_listed(words)}: write a "
            "number for each, such as 2, 1 and 0"
        )
    wrong = rows.filter(~(pl.col(grade).cast(pl.Float64).is_finite() & (pl.col(grade) >= 0)))
    if wrong.height:
        raise InputError(
            f"grades are finite numbers of at least 0; {grade!r} holds "
            f"{_listed(wrong[grade].to_list())}"
        )
    rows = rows.with_columns(pl.col(grade).cast(pl.Float64))
    if not schema.query:
        return rows
    return _once(rows, str(schema.query), str(schema.item), grade, findings)


def _once(
    rows: pl.DataFrame, query: str, item: str, grade: str, findings: list[str]
) -> pl.DataFrame:
    pairs = rows.group_by(query, item, maintain_order=True).agg(pl.col(grade).unique().sort())
    torn = pairs.filter(pl.col(grade).list.len() > 1)
    if torn.height:
        shown = [f"{q!r} and {i!r}: {', '.join(map(str, g))}" for q, i, g in torn.head(3).rows()]
        raise InputError(
            f"{many(torn.height, 'pair')} of {query!r} and {item!r} judged more than once with "
            f"different grades ({'; '.join(shown)}): keep one grade for each, or their mean"
        )
    if pairs.height < rows.height:
        findings.append(
            f"{many(rows.height - pairs.height, 'judgement')} repeated with the same grade: kept once"
        )
        rows = rows.unique([query, item], keep="first", maintain_order=True)
    return rows


def _keyed(table: pl.DataFrame, key: str, what: str) -> pl.DataFrame:
    """The table with its key in front, whole and distinct."""
    name = key if key in table.columns else table.columns[0]
    gaps = table[name].null_count()
    if gaps:
        raise InputError(f"the table of {what} has {many(gaps, 'row')} without {name!r}")
    twice = table.filter(pl.col(name).is_duplicated())[name].unique(maintain_order=True).to_list()
    if twice:
        raise InputError(
            f"the table of {what} holds {many(len(twice), 'value')} of {name!r} more than once "
            f"({_listed(twice)}); keep one row for each"
        )
    return table.select(pl.col(name), pl.exclude(name))


def _strange(rows: pl.DataFrame, column: str, table: pl.DataFrame) -> list[str]:
    met = rows[column].cast(pl.String).unique(maintain_order=True)
    known = table.to_series(0).cast(pl.String)
    return met.filter(~met.is_in(known.implode())).to_list()


def _all_known(rows: pl.DataFrame, column: str, table: pl.DataFrame, what: str) -> None:
    strange = _strange(rows, column, table)
    if strange:
        raise InputError(
            f"{many(len(strange), 'value')} of {column!r} in no row of the table of {what} "
            f"({_listed(strange)}), whose key is {table.columns[0]!r}: add them there, or take "
            "their rows out"
        )


def _worded(table: pl.DataFrame, what: str, findings: list[str]) -> pl.DataFrame:
    """The table with a column ``text``: its own, a title or name, or all its free text."""
    if "text" in table.columns:
        return table.with_columns(pl.col("text").cast(pl.String).fill_null(""))
    usual = ("title", "name", "product_name", "product_title", "query", "description", "标题")
    chosen = [name for name in usual if name in table.columns[1:]][:1]
    chosen = chosen or [table.columns[k] for k in free_text(table) if k]
    if not chosen:
        return table
    findings.append(f"guessed text of the {what}: {', '.join(chosen)}")
    joined = pl.concat_str(pl.col(chosen).cast(pl.String).fill_null(""), separator=" ")
    return table.with_columns(joined.alias("text"))


def _described(rows: pl.DataFrame, schema: Schema, findings: list[str]) -> pl.DataFrame | None:
    """Text and category of each item from the rows, where they hardly vary within an item."""
    item, taken = str(schema.item), set(schema.columns)
    texts = [name for k in free_text(rows) if (name := rows.columns[k]) not in taken]
    found = {}
    if steady := [name for name in texts if _follows(rows, item, name)][:1]:
        found["text"] = steady[0]
    if "category" in rows.columns and "category" not in taken and _follows(rows, item, "category"):
        found["category"] = "category"
    if not found:
        return None
    findings += [f"guessed {what} of the items: {name}" for what, name in found.items()]
    most = {
        what: pl.col(name).drop_nulls().cast(pl.String).mode().sort().first().fill_null("")
        for what, name in found.items()
    }
    return rows.group_by(item).agg(**most).sort(item)


def _follows(rows: pl.DataFrame, item: str, name: str) -> bool:
    pairs = rows.select(item, name).drop_nulls().group_by(item, name).len()
    held = pairs.group_by(item).agg(pl.col("len").max())["len"].sum()
    total = int(pairs["len"].sum())
    return total > 0 and int(held) >= STEADY * total


def _asked(
    rows: pl.DataFrame, schema: Schema, sources: pl.DataFrame | None, findings: list[str]
) -> tuple[pl.DataFrame, Schema]:
    """The words of each query: from the table of queries, else the query itself if it reads so."""
    query = str(schema.query)
    if sources is not None and "text" in sources.columns:
        words = sources.select(pl.first().cast(pl.String).alias(query), query_text="text")
        keys = rows.select(pl.col(query).cast(pl.String))
        joined = keys.join(words, on=query, how="left", maintain_order="left")
        return rows.with_columns(joined["query_text"]), replace(schema, text=("query_text",))
    distinct = rows[query].cast(pl.String).unique()
    reads = distinct.str.contains(r"\p{L}{2,}\s+\p{L}|\p{Han}{2,}").sum()
    if reads > WORDED * distinct.len():
        findings.append(f"the words of the queries are in {query!r} itself")
        return rows, replace(schema, text=(query,))
    return rows, schema
