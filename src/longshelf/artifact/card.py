"""The card of an artifact: the same facts for programs and for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from longshelf.errors import InputError

__all__ = ["write_card"]


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write ``card.json`` and ``card.md``.

    Raises
    ------
    InputError
        If the card holds what JSON cannot say.
    """
    try:
        said = json.dumps(card, ensure_ascii=False, indent=1, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"the card holds what JSON cannot say: {error}") from error
    (folder / "card.json").write_text(said + "\n", encoding="utf-8")
    (folder / "card.md").write_text("\n".join(_lines(card)) + "\n", encoding="utf-8")


def _lines(card: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {card.get('name', 'Artifact')}"
    for title, content in card.items():
        if title == "name" or content in (None, "", [], {}):
            continue
        yield from ("", f"## {title.replace('_', ' ').capitalize()}", "")
        yield from _section(content)


def _section(content: Any) -> Iterator[str]:
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield f"- {key.replace('_', ' ')}: {_cell(value)}"
    elif isinstance(content, list) and content and isinstance(content[0], Mapping):
        columns = list(content[0])
        yield "| " + " | ".join(name.replace("_", " ") for name in columns) + " |"
        yield "|" + "---|" * len(columns)
        for row in content:
            yield "| " + " | ".join(_cell(row.get(name)) for name in columns) + " |"
    elif isinstance(content, list):
        yield from (f"- {_cell(one)}" for one in content)
    else:
        yield _cell(content)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_cell(held)}" for key, held in value.items())
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    return " ".join(str(value).split()).replace("|", "\\|")
