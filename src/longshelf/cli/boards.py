"""A leaderboard as a terminal table, JSON, CSV, Markdown or LaTeX."""

from __future__ import annotations

from typing import Any

import polars as pl

from longshelf.cli import say

__all__ = ["print_board"]

SPECIAL = str.maketrans(
    {mark: "\\" + mark for mark in "&%$#_{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
)


def print_board(board: pl.DataFrame, title: str, form: str, most: int | None = None) -> None:
    """Print a leaderboard; only tables are rounded."""
    if form == "json":
        say.as_json(board.to_dicts())
        return
    if form == "csv":
        say.text(board.write_csv().rstrip("\n"))
        return
    columns, rows = _rounded(board if most is None else board.head(most))
    if form == "markdown":
        lines = [columns, ["---"] * len(columns), *rows]
        say.text(
            *("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        )
    elif form == "latex":
        body = [
            " & ".join(cell.translate(SPECIAL) for cell in line) + r" \\"
            for line in (columns, *rows)
        ]
        say.text(
            r"\begin{tabular}{" + "l" * len(columns) + "}", r"\toprule", body[0], r"\midrule",
            *body[1:], r"\bottomrule", r"\end{tabular}",
        )  # fmt: skip
    else:
        say.table(title, columns, rows)


def _rounded(board: pl.DataFrame) -> tuple[list[str], list[list[str]]]:
    single = [name for name in ("dataset", "task", "split") if board[name].n_unique() <= 1]
    columns = [
        "rank",
        "features",
        "model",
        "strategy",
        "value",
        "vs plain",
        "",
        "vs rival",
        "seconds",
    ]
    varied = [name for name in ("dataset", "task", "split") if name not in single]
    columns = varied + columns
    rows = []
    for row in board.to_dicts():
        names = [str(row[name]) for name in varied]
        rows.append(
            names
            + [
                _text(row.get("rank")),
                row["features"],
                row["model"],
                row["strategy"],
                _number(row["value"]) + _spread(row["deviation"]),
                _interval(row),
                row.get("verdict") or "",
                row.get("against_rival") or "",
                _number(row["seconds"], 1),
            ]
        )
    return columns, rows


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: float | None, digits: int = 4) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _spread(deviation: float | None) -> str:
    return "" if deviation is None else f" ± {deviation:.3f}"


def _interval(row: dict[str, Any]) -> str:
    if row.get("difference") is None:
        return ""
    if row.get("low") is None:
        return f"{row['difference']:+.4f}"
    return f"{row['difference']:+.4f} [{row['low']:+.3f}, {row['high']:+.3f}]"
