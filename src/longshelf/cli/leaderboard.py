"""``longshelf leaderboard``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from longshelf.cli import say

__all__ = ["Format", "leaderboard"]


class Format(StrEnum):
    """How to print."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    latex = "latex"


def leaderboard(
    folder: Annotated[str, typer.Argument(help="A run's folder or address, such as runs/fashion")],
    metric: Annotated[str | None, typer.Option(help="Metric id; default: the suite's own.")] = None,
    slice: Annotated[str, typer.Option(help="all, head, torso, tail, or a group value.")] = "tail",
    decision: Annotated[str | None, typer.Option(help="argmax, tuned, raw or corrected.")] = None,
    format: Annotated[Format, typer.Option(help="How to print.")] = Format.table,
) -> None:
    """Rank the arms of a run on one metric and slice."""
    from longshelf.cli.boards import print_board
    from longshelf.results import Results

    results = Results.read(folder)
    board = results.leaderboard(metric, slice, decision=decision)
    title = f"{metric or results.about['primary']} on {slice}"
    print_board(board, title, format.value)
    if format is Format.table:
        say.text("+ above, − below, ~ not told apart from plain training, ? too few seeds")
