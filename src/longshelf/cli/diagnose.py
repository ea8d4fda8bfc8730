"""``longshelf diagnose``."""

from __future__ import annotations

from pathlib import Path
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

__all__ = ["diagnose"]


def diagnose(
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
    output: Annotated[Path | None, typer.Option("-o", help="Write an HTML page too.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say how uneven the data are, what a constant would score, and what to look at first."""
    from longshelf.diagnosis import diagnose as look

    dataset = open_data(
        source, label, text, categorical, numeric, group, time, user, item, query, grade,
        sources, targets,
    )  # fmt: skip

    found = look(dataset)
    if output is not None:
        found.html(output)
    if json:
        say.text(found.to_json())
        return
    for title, columns, rows in found.table():
        say.table(title, columns, rows)
    if output is not None:
        say.text(str(output))
