"""``longshelf validate``."""

from __future__ import annotations

from typing import Annotated

import typer

from longshelf.cli import say
from longshelf.cli.data import (
    Categorical,
    Grade,
    Group,
    Item,
    Label,
    Numeric,
    Query,
    Source,
    Sources,
    Targets,
    Text,
    Time,
    User,
    open_data,
)

__all__ = ["validate"]


def validate(
    source: Source,
    label: Label = None,
    text: Text = None,
    categorical: Categorical = None,
    numeric: Numeric = None,
    group: Group = None,
    time: Time = None,
    user: User = None,
    item: Item = None,
    query: Query = None,
    grade: Grade = None,
    sources: Sources = None,
    targets: Targets = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Check data before any training: PASS, WARN or FAIL, with the rows to look at."""
    from longshelf.validation import validate as check

    dataset = open_data(
        source, label, text, categorical, numeric, group, time, user, item, query, grade,
        sources, targets,
    )  # fmt: skip

    found = check(dataset)
    if json:
        say.text(found.to_json())
    else:
        rows = found.table()
        say.table(
            f"{dataset.name}: {dataset.rows.height} rows",
            list(rows[0]),
            [list(r.values()) for r in rows],
        )
    if not found.ok:
        raise typer.Exit(1)
