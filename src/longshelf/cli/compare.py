"""``longshelf compare``."""

from __future__ import annotations

from typing import Annotated

import typer

from longshelf.cli import say

__all__ = ["compare"]


def compare(
    one: Annotated[str, typer.Argument(help="A strategy or a model as the leaderboard names it.")],
    other: Annotated[str, typer.Argument(help="Another one of its kind.")],
    folder: Annotated[
        str, typer.Option("--in", help="A run's folder or address, such as runs/fashion")
    ],
    metric: Annotated[str | None, typer.Option(help="One metric only.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Put two strategies, or two models, side by side: + − ~ on every metric and slice."""
    import polars as pl

    from longshelf.results import Results

    table = Results.read(folder).compare(one, other)
    if metric is not None:
        table = table.filter(pl.col("metric") == metric)
    if json:
        say.as_json(table.to_dicts())
        return
    say.table(f"{one} against {other}", table.columns, table.rows())
