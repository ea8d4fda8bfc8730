"""Data named on the command line: a built-in set, or the user's own file with roles as flags."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from longshelf.tables import Dataset

__all__ = [
    "Categorical",
    "Grade",
    "Group",
    "Item",
    "Label",
    "Numeric",
    "Query",
    "Source",
    "Sources",
    "Targets",
    "Text",
    "Time",
    "User",
    "open_data",
]

Source = Annotated[
    str, typer.Argument(help="A file (CSV, JSONL, Parquet, Excel), or a data set by name.")
]
Label = Annotated[str | None, typer.Option(help="Column to predict; guessed if not given.")]
Text = Annotated[list[str] | None, typer.Option(help="Text column; repeat for several.")]
Categorical = Annotated[
    list[str] | None, typer.Option(help="Categorical column; repeat for several.")
]
Numeric = Annotated[list[str] | None, typer.Option(help="Numeric column; repeat for several.")]
Group = Annotated[
    list[str] | None, typer.Option(help="Column of user or item groups to report by.")
]
Time = Annotated[str | None, typer.Option(help="Time column.")]
User = Annotated[str | None, typer.Option(help="Who interacted; with --item.")]
Item = Annotated[str | None, typer.Option(help="With what; with --user or --query.")]
Query = Annotated[str | None, typer.Option(help="What was searched; with --item and --grade.")]
Grade = Annotated[str | None, typer.Option(help="How relevant, a number; 0 is irrelevant.")]
Sources = Annotated[Path | None, typer.Option(help="File of the users or the queries.")]
Targets = Annotated[Path | None, typer.Option(help="File of the items: text, category.")]


def open_data(
    source: str,
    label: str | None = None,
    text: Sequence[str] | None = None,
    categorical: Sequence[str] | None = None,
    numeric: Sequence[str] | None = None,
    group: Sequence[str] | None = None,
    time: str | None = None,
    user: str | None = None,
    item: str | None = None,
    query: str | None = None,
    grade: str | None = None,
    sources: Path | None = None,
    targets: Path | None = None,
) -> Dataset:
    """Load what the command line names, and say what reading it had to decide."""
    from longshelf.cli import say
    from longshelf.loading import load

    dataset = load(
        source, label=label, text=tuple(text or ()), categorical=tuple(categorical or ()),
        numeric=tuple(numeric or ()), group=tuple(group or ()), time=time, user=user, item=item,
        query=query, grade=grade, sources=sources, targets=targets,
    )  # fmt: skip
    if say.interactive():
        say.text(*(f"  {finding}" for finding in dataset.findings))
    return dataset
