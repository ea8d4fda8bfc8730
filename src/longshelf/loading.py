"""``ls.load``: a built-in set by name, or the user's own file or table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from longshelf.components import build
from longshelf.tables import Dataset

__all__ = ["load"]


def load(
    source: Any,
    *,
    label: str | None = None,
    text: Sequence[str] = (),
    categorical: Sequence[str] = (),
    numeric: Sequence[str] = (),
    group: Sequence[str] = (),
    time: str | None = None,
    user: str | None = None,
    item: str | None = None,
    query: str | None = None,
    grade: str | None = None,
    sources: Any = None,
    targets: Any = None,
    data: Path | None = None,
) -> Dataset:
    """Load data, whatever they are.

    Parameters
    ----------
    source : str, Path, mapping or table
        The name of a built-in set as ``longshelf list datasets`` prints it, with arguments if
        wanted; a CSV, TSV, JSONL, Parquet or Excel file; or a pandas, Polars or Arrow table.
    label, text, categorical, numeric, group, time, user, item, query, grade
        Roles of the columns of an own file; guessed, and said in ``findings``, where not given.
        Interactions name ``user`` and ``item``; judgements ``query``, ``item`` and ``grade``.
    sources, targets : path or table, optional
        The users or queries, and the items, of own interactions and judgements.
    data : Path or None
        Folder that holds the built-in sets; None is ``LONGSHELF_DATA`` or the user's data folder.

    Raises
    ------
    InputError
        Unknown name, unreadable file, unknown column.
    Unavailable
        A built-in set whose file is not there, with the address to get it from.

    Examples
    --------
    >>> load("marketplace").schema.label
    ('category',)
    """
    from longshelf.datasets import read_own

    if isinstance(source, str) and not _names_file(source):
        dataset: Dataset = build("dataset", source).load(data)
        return dataset
    return read_own(
        source,
        label=label,
        text=text,
        categorical=categorical,
        numeric=numeric,
        group=group,
        time=time,
        user=user,
        item=item,
        query=query,
        grade=grade,
        sources=sources,
        targets=targets,
    )


def _names_file(source: str) -> bool:
    return Path(source).exists() or "/" in source or "." in source.partition("(")[0]
