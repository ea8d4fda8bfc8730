"""The user's own data: any table file or frame becomes a data set, with every decision reported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from longshelf.datasets.packed import inner_name
from longshelf.datasets.policies import applied
from longshelf.datasets.reading import Table, read_table
from longshelf.datasets.related import read_related, related, with_groups
from longshelf.datasets.roles import MANY, SINGLE, guessed, ranks, stated
from longshelf.errors import InputError, unknown
from longshelf.tables import Card, Dataset

__all__ = ["read_own"]

Names = str | Sequence[str]
TABLES = ("sources", "targets")
ABOUT = ("name", "title", "licence", "citation", "language", "personal_data", "notes")


def read_own(
    source: Any,
    *,
    label: Names | None = None,
    text: Names = (),
    categorical: Names = (),
    numeric: Names = (),
    group: Names = (),
    id: str | None = None,
    time: str | None = None,
    user: str | None = None,
    item: str | None = None,
    query: str | None = None,
    grade: str | None = None,
    propensity: str | None = None,
    weight: str | None = None,
    document: str | None = None,
    sources: Any = None,
    targets: Any = None,
    description: Path | str | None = None,
    header: bool | None = None,
    name: str | None = None,
    rejected: Path | str | None = None,
) -> Dataset:
    """Read a table and give its columns roles.

    Roles that are not given are guessed by the rule of
    :func:`longshelf.datasets.roles.guessed`, and every guess stands in ``findings``, as does every
    repair, with counts and line numbers.

    Parameters
    ----------
    source : path, or pandas, Polars or Arrow table
        CSV, TSV, JSONL, JSON, Parquet or Excel, also as ``.gz`` or ``.zip``.
    label, text, categorical, numeric, group : str or sequence of str
        Columns by role; several labels make a multi-label task.
    id, time, user, item, query, grade, propensity, weight, document : str, optional
        Single columns by role. Interactions name a user and an item, judgements a query, an item
        and a grade (a number, 0 for irrelevant).
    sources, targets : path or table, optional
        Of interactions and judgements: the users or queries, and the items. The key is the column
        called as in the rows, else the first; of items, ``text`` and ``category`` are read by
        models. A group may stand in the table of users or queries.
    description : path, optional
        A YAML file with the same keys, and ``name``, ``title``, ``licence``, ``citation``,
        ``language``, ``personal_data`` and ``notes``; arguments win over it.
    header : bool, optional
        For CSV and TSV: whether the first line names the columns.
    name : str, optional
        How cells and tables call it; by default the file's stem, or ``own``.
    rejected : path, optional
        Where to write the lines set aside, as JSON lines (line, reason, content).

    Raises
    ------
    InputError
        A file that cannot be read, an unknown column, one class only, or no label to be found.
        Of interactions and judgements: a missing id, a grade that is no number, a pair judged
        twice with different grades, or an item that its table lacks.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"title": ["red shoe", "blue hat"] * 3, "category": ["a", "b"] * 3})
    >>> own = read_own(frame, text="title")
    >>> own.schema.label, own.findings[0]
    (('category',), 'guessed label: category (2 distinct values)')
    """
    told = _described(description)
    given = {
        "label": label, "text": text, "categorical": categorical, "numeric": numeric,
        "group": group, "id": id, "time": time, "user": user, "item": item, "query": query, "grade": grade,
        "propensity": propensity, "weight": weight, "document": document,
    }  # fmt: skip
    roles = {role: value or told.get(role) for role, value in given.items()}
    table = read_table(source, header=header, named=_flat(roles))
    if rejected is not None and table.rejected.height:
        table.rejected.write_ndjson(Path(rejected))
    called = name or told.get("name") or _stem(source)
    tables = {
        "sources": told.get("sources") if sources is None else sources,
        "targets": told.get("targets") if targets is None else targets,
    }
    try:
        return _dataset(table, roles, told, tables, str(called))
    except InputError as error:
        raise InputError(f"{called}: {error}") from error


def _dataset(
    table: Table, roles: dict[str, Any], told: dict[str, Any], tables: dict[str, Any], called: str
) -> Dataset:
    sources, said = read_related(tables["sources"], "users or queries")
    targets, more = read_related(tables["targets"], "items")
    frame = with_groups(table.frame, roles, sources)
    schema, guesses = guessed(frame, stated(roles, frame.columns))
    if not schema.label and not ranks(schema):
        raise InputError(
            "no column looks like a label; name it with --label (label=…), or the user and the "
            "item of interactions with --user and --item (of judgements --query, --item and "
            f"--grade). Columns: {', '.join(frame.columns)}"
        )
    rows, schema, findings = applied(frame, schema)
    if ranks(schema):
        found = related(rows, schema, sources, targets)
        rows, schema, sources, targets = found.rows, found.schema, found.sources, found.targets
        findings += found.findings
    about = {key: str(told[key]) for key in ABOUT[1:] if key in told}
    card = Card(**{"title": called, "licence": "own", **about})  # type: ignore[arg-type]
    return Dataset(
        name=called,
        rows=rows,
        schema=schema,
        card=card,
        sources=sources,
        targets=targets,
        findings=(*guesses, *table.findings, *said, *more, *findings),
    )


def _described(description: Path | str | None) -> dict[str, Any]:
    if description is None:
        return {}
    import yaml

    path = Path(description).expanduser()
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the description {path}: {error}") from error
    except yaml.YAMLError as error:
        raise InputError(f"the description {path} is no YAML: {error}") from error
    if not isinstance(told, dict):
        raise InputError(f"the description {path} is no list of keys; write e.g. 'label: category'")
    allowed = (*MANY, *SINGLE, *TABLES, *ABOUT)
    for key in told:
        if key not in allowed:
            raise unknown(f"key in {path.name}", key, allowed)
    return told


def _flat(roles: dict[str, Any]) -> frozenset[str]:
    named: set[str] = set()
    for value in roles.values():
        named.update((value,) if isinstance(value, str) else map(str, value or ()))
    return frozenset(named)


def _stem(source: Any) -> str:
    if not isinstance(source, str | Path):
        return "own"
    try:
        return Path(inner_name(Path(source).expanduser())).stem
    except (InputError, OSError):
        return Path(source).stem
