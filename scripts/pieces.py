"""Pieces of a Markdown page: numbers, cells, tables, parts that open on a click."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

OPEN, CLOSE = "<!-- learned -->", "<!-- /learned -->"
UNWRITTEN = """
### What was expected before

Not written yet.

### What was learned

Not written yet.

### Surprises, explained

Not written yet.
"""


def number(value: float | None, digits: int = 3, *, signed: bool = False) -> str:
    """Rounded, with a true minus sign; a dash where nothing was measured."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{abs(value):.{digits}f}"
    sign = "" if float(text) == 0 else "−" if value < 0 else "+" if signed else ""
    return sign + text


def cell(text: object) -> str:
    """Text that cannot break a table or turn into markup."""
    return (
        str(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; names on the left, the rest as they come."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def folded(title: str, content: str) -> str:
    """A part that opens on a click."""
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"


def learned_part(path: Path) -> str:
    """What was written by hand on an earlier page."""
    if not path.exists():
        return UNWRITTEN
    text = path.read_text(encoding="utf-8")
    if OPEN not in text or CLOSE not in text:
        raise SystemExit(f"{path} lost its markers {OPEN} … {CLOSE}; put them back first")
    return text.split(OPEN)[1].split(CLOSE)[0]


def expectation(path: Path, question: str) -> str:
    """A page before its results: the question, and the part to write by hand."""
    if path.exists():
        raise SystemExit(f"{path} is there already; write between its markers")
    return (
        f"# {path.stem}\n\n<!-- Nothing is published yet. -->\n\n{cell(question)}\n\n"
        f"## What was learned\n\n{OPEN}\n{UNWRITTEN.strip()}\n{CLOSE}\n"
    )
