"""How the command line speaks: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

__all__ = ["as_json", "interactive", "table", "text"]


def interactive() -> bool:
    """Whether a person is watching."""
    return sys.stderr.isatty()


def text(*lines: str) -> None:
    """Print lines as they are; names from data are never read as markup."""
    for line in lines:
        sys.stdout.write(f"{line}\n")


def as_json(content: Any) -> None:
    """Print one JSON document."""
    text(json.dumps(content, ensure_ascii=False, indent=2, default=str))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table, numbers to the right, cut to the terminal's width."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    numeric = [
        bool(rows) and all(isinstance(row[i], int | float) or row[i] is None for row in rows)
        for i in range(len(columns))
    ]
    grid = Table(
        title=title or None, title_justify="left", box=None, header_style="bold", pad_edge=False
    )
    for name, right in zip(columns, numeric, strict=True):
        grid.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(_shown(value)) for value in row))
    width = None if sys.stdout.isatty() else 160
    Console(width=width, highlight=False).print(grid)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
