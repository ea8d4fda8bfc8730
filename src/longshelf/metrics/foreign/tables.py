"""Files of sources, targets and numbers, in whatever shape a system writes them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from longshelf.errors import InputError, Unavailable, unknown
from longshelf.tables import FloatArray

__all__ = ["ROLES", "Triples", "read_triples"]

ROLES: Mapping[str, tuple[str, ...]] = {
    "user": (
        "user", "user_id", "userid", "uid", "query", "query_id", "queryid", "qid", "source",
        "session", "session_id", "customer_id",
    ),
    "item": (
        "item", "item_id", "itemid", "iid", "doc", "doc_id", "docid", "docno", "product",
        "product_id", "target",
    ),
    "score": ("score", "prediction", "predicted", "similarity"),
    "rank": ("rank", "position", "place"),
    "grade": ("grade", "relevance", "rel", "label", "gain", "rating"),
}  # fmt: skip
"""Names of columns by what they hold, as the common libraries write them."""

TREC_RUN = {"user": 0, "item": 2, "rank": 3, "score": 4}
TREC_QRELS = {"user": 0, "item": 2, "grade": 3}
BARE = {2: {"user": 0, "item": 1}, 3: {"user": 0, "item": 1, "number": 2}}


@dataclass(frozen=True, eq=False)
class Triples:
    """Sources and targets with at most one number for each pair.

    Parameters
    ----------
    path : str
        Where they come from, for messages.
    user, item : polars.Series of n names
        As categories, so that a name is held once.
    number : (n,) float array or None
        Score, rank or grade.
    role : str
        Which of them: ``score``, ``rank``, ``grade`` or empty.
    """

    path: str
    user: pl.Series
    item: pl.Series
    number: FloatArray | None
    role: str

    def __len__(self) -> int:
        return len(self.user)


def read_triples(
    path: str | Path,
    wanted: tuple[str, ...],
    columns: Mapping[str, str] | None = None,
    *,
    lenient: bool = False,
) -> Triples:
    """Read a file in one stream; what stays in memory is 16 bytes a line, and each name once.

    Parquet; CSV or TSV with a header, RecBole's ``name:type`` headers included; TREC runs and
    judgements; Elliot's tables without a header (user, item, score).

    Parameters
    ----------
    path : str or Path
        A ``.gz`` is read as it is.
    wanted : tuple of {"score", "rank", "grade"}
        The numbers that would do, the best first; none is a table of pairs.
    columns : mapping of role to column name or None
        Where the names of the columns do not say it themselves.
    lenient : bool, default False
        Whether a named column may be absent, as when several files share one naming.

    Raises
    ------
    Unavailable
        If there is no such file.
    InputError
        If it is empty, its columns cannot be told, or a value is missing or not a number.
    """
    place, columns = Path(path), columns or {}
    for role in columns:
        if role not in ROLES:
            raise unknown("role of a column", role, ROLES)
    if not place.is_file():
        raise Unavailable(f"there is no file {str(path)!r}")
    if place.suffix.lower() in (".parquet", ".pq"):
        table = pl.scan_parquet(place)
        _check(columns, table.collect_schema().names(), path, lenient)
        return _named(table, str(path), wanted, columns)
    first = _first_line(place)
    separator = next((mark for mark in "\t,;" if mark in first), None)
    names = [name.strip().strip('"') for name in first.split(separator)]
    if _roles(names, columns).keys() & {"user", "item"}:
        _check(columns, names, path, lenient)
        table = pl.scan_csv(place, separator=separator or " ", infer_schema=False)
        return _named(table, str(path), wanted, columns)
    return _bare(place, first.split(separator), separator, wanted)


def _check(columns: Mapping[str, str], names: list[str], path: str | Path, lenient: bool) -> None:
    for column in columns.values():
        if column not in names and not lenient:
            raise unknown(f"column in {path}", column, names)


def _first_line(place: Path) -> str:
    opener = gzip.open if place.suffix == ".gz" else open
    with opener(place, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                return str(line).strip("\n\r").removeprefix("\ufeff")
    raise InputError(f"{place} is empty")


def _roles(names: list[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Column of each role: what was said, else what the names say."""
    found = {role: name for role, name in columns.items() if name in names}
    plain = {name.partition(":")[0].strip().lower(): name for name in reversed(names)}
    for role, known in ROLES.items():
        for name in known:
            if role not in found and name in plain:
                found[role] = plain[name]
    return found


def _named(
    table: pl.LazyFrame, path: str, wanted: tuple[str, ...], columns: Mapping[str, str]
) -> Triples:
    names = table.collect_schema().names()
    found = _roles(names, columns)
    missing = [role for role in ("user", "item") if role not in found]
    if wanted and "grade" not in wanted and not set(wanted) & set(found):
        missing.append(" or ".join(wanted))
    if missing:
        raise InputError(
            f"{path} has no column for {', '.join(missing)}; its columns are {', '.join(names)}. "
            f"Say which is which: {','.join(f'{role}=NAME' for role in missing[0].split(' or ')[:1])}"
        )
    role = next((role for role in wanted if role in found), "")
    number = [pl.col(found[role]).alias("number")] if role else []
    chosen = table.select(
        pl.col(found["user"]).alias("user"), pl.col(found["item"]).alias("item"), *number
    )
    return _collected(chosen, path, role)


def _bare(
    place: Path, fields: list[str], separator: str | None, wanted: tuple[str, ...]
) -> Triples:
    """A table without a header: TREC's, or bare columns."""
    spaced = " ".join(fields).split()
    layout: Mapping[str, int] | None = None
    if len(spaced) == 6 and _number(spaced[4]) and "score" in wanted:
        layout, fields, separator = TREC_RUN, spaced, None
    elif len(spaced) == 4 and _number(spaced[3]) and "grade" in wanted:
        layout, fields, separator = TREC_QRELS, spaced, None
    elif len(fields) in BARE and (len(fields) == 2 or _number(fields[2])):
        layout = BARE[len(fields)]
    if layout is None:
        raise InputError(
            f"cannot tell the columns of {place}, whose first line is {' '.join(fields)[:80]!r}; "
            "give it a header with user, item and "
            f"{' or '.join(wanted) or 'nothing else'}, or write a TREC run (6 fields) "
            "or judgements (4 fields)"
        )
    role = next((role for role in wanted if role in layout), "")
    if "number" in layout and wanted:
        role = wanted[0]
        layout = {**layout, role: layout["number"]}
    line = pl.scan_csv(
        place, separator="\x1f", has_header=False, infer_schema=False, quote_char=None,
        new_columns=["line"],
    )  # fmt: skip
    gap = r"\s+" if separator is None else rf"\s*[{separator}]\s*"
    pattern = r"^\s*" + gap.join([r"(.+?)" if separator else r"(\S+)"] * len(fields)) + r"\s*$"
    groups = pl.col("line").str.extract_groups(pattern).struct
    parts = {"user": "user", "item": "item", **({role: "number"} if role else {})}
    kept = line.filter(pl.col("line").str.strip_chars() != "").select(
        groups[layout[key]].alias(name) for key, name in parts.items()
    )
    return _collected(kept, str(place), role)


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _collected(table: pl.LazyFrame, path: str, role: str) -> Triples:
    names = [pl.col(name).cast(pl.String).cast(pl.Categorical) for name in ("user", "item")]
    number = [pl.col("number").cast(pl.Float64, strict=False)] if role else []
    try:
        held = table.select(*names, *number).collect(engine="streaming")
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    if not held.height:
        raise InputError(f"{path} holds no rows")
    for column in held.columns:
        gone = held[column].null_count()
        if column == "number":
            gone += int(held[column].is_nan().sum())
        if gone:
            what = f"a {role} that is a number" if column == "number" else f"a {column}"
            bad = held[column].is_null() | (
                held[column].is_nan() if column == "number" else pl.Series([False])
            )
            raise InputError(
                f"{gone} of {held.height} rows of {path} lack {what}, "
                f"first row {int(bad.arg_true()[0]) + 1}; drop or mend them"
            )
    values = np.asarray(held["number"].to_numpy()) if role else None
    return Triples(path, held["user"], held["item"], values, role)
