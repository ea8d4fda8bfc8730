"""What the page states besides numbers: the run, the data, what failed, how to do it again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

import polars as pl

from longshelf.report.wording import Number, Part, Phrase, clip, duration

__all__ = ["Fact", "Missing", "cards", "findings", "header", "missing", "reproduction"]

CARD_FIELDS = (
    "licence",
    "redistribution",
    "language",
    "personal_data",
    "address",
    "citation",
    "notes",
    "rows",
    "fingerprint",
    "files",
)
MOST_ROWS = 200
MOST_CARDS = 40


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A named statement: ``key`` of the interface string, or the name itself, and its text."""

    key: str
    text: str
    cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Missing:
    """The cells without a result, grouped by reason."""

    rows: Sequence[Mapping[str, Any]]
    failed: int
    inapplicable: int
    left_out: int


def header(about: Mapping[str, Any], cells: pl.DataFrame) -> list[Part]:
    """State when, where and how much was run."""
    done = cells.filter(pl.col("status") == "done").height
    counts: dict[str, Part] = {"done": Number(f"{done:,}"), "total": Number(f"{cells.height:,}")}
    said: list[Part] = [Phrase("meta.cells", counts)]
    if about.get("started"):
        when = clip(str(about["started"])[:16].replace("T", " "))
        said.append(Phrase("meta.started", {"when": Number(when)}))
    if about.get("seconds") is not None:
        said.append(Phrase("meta.took", {"duration": duration(max(0.0, float(about["seconds"])))}))
    machine = about.get("machine")
    memory = (
        machine.get("memory_gb", machine.get("memory")) if isinstance(machine, Mapping) else None
    )
    if isinstance(machine, Mapping) and memory is not None and "cores" in machine:
        shown = f"{memory:.0f}" if isinstance(memory, int | float) else clip(memory, 20)
        fields: dict[str, Part] = {"cores": clip(machine["cores"], 20), "memory": shown}
        said.append(Phrase("meta.machine", fields))
    return said


def cards(about: Mapping[str, Any], limit: int) -> list[tuple[str, list[Fact]]]:
    """List each data set's card, every field shortened to ``limit`` characters in all."""
    given = about.get("datasets") or about.get("cards") or {}
    named = given.items() if isinstance(given, Mapping) else ((None, card) for card in given)
    shown = []
    for name, card in list(named)[:MOST_CARDS]:
        fields = _plain(card)
        title = fields.get("title") or name or ""
        facts = [
            _fact(f"data.{key}", fields[key], limit // MOST_CARDS)
            for key in CARD_FIELDS
            if fields.get(key)
        ]
        shown.append((clip(f"{name} · {title}" if name and name != title else title), facts))
    return shown


def findings(about: Mapping[str, Any], limit: int) -> list[Fact]:
    """List what the checks found, as ``code or data set`` and text."""
    found: list[Fact] = []
    for where, item in [*_of_datasets(about), *_flat(about.get("findings"))]:
        fields = item if isinstance(item, Mapping) else {}
        said = fields.get("message") or fields.get("text") or item
        level = fields.get("level") or fields.get("status") or ""
        code = fields.get("code") or fields.get("check") or ""
        key = " · ".join(clip(x, 60) for x in (where, level, code) if x)
        fact = _fact(key, said, 600)
        if all(fact.text != other.text for other in found):
            found.append(fact)
    most = max(1, limit // 700)
    return found[:most]


def missing(cells: pl.DataFrame, limit: int) -> Missing:
    """Group the cells that gave no result by place, status and reason."""
    lost = cells.filter(pl.col("status") != "done")
    where = ["dataset", "features", "model", "strategy", "status", "reason"]
    groups = lost.group_by(where, maintain_order=True).len(name="count")
    rows: list[dict[str, Any]] = []
    left = limit
    for row in groups.sort("status", "count", descending=[False, True]).iter_rows(named=True):
        shown: dict[str, Any] = {
            k: clip(v or "", 300 if k == "reason" else 120) for k, v in row.items()
        }
        shown["count"] = row["count"]
        left -= 120 + sum(len(str(v)) for v in shown.values())
        if left < 0 or len(rows) >= MOST_ROWS:
            break
        rows.append(shown)
    failed = lost.filter(pl.col("status") == "failed").height
    return Missing(
        rows=rows,
        failed=failed,
        inapplicable=lost.height - failed,
        left_out=groups.height - len(rows),
    )


def reproduction(about: Mapping[str, Any], limit: int) -> list[Fact]:
    """Give command, suite, versions, hashes, machine, generated rows, each within ``limit``."""
    facts = []
    given = {
        **{key: about.get(key) for key in ("command", "versions", "hashes", "machine")},
        **{key: about.get(key) for key in ("generated", "warnings")},
        "suite": about.get("suite_yaml") or about.get("yaml"),
    }
    if not given["hashes"] and "code" in about:
        given["hashes"] = {"code": about["code"]}
    for key in ("command", "suite", "versions", "hashes", "machine", "generated", "warnings"):
        said = given[key]
        if said:
            facts.append(_fact(f"again.{key}", said, limit))
    return facts


def _fact(key: str, said: object, limit: int) -> Fact:
    text = said if isinstance(said, str) else _lines(said)
    safe = text[:limit].encode(errors="replace").decode()
    return Fact(key=key, text=safe, cut=len(text) > limit)


def _lines(said: object) -> str:
    if isinstance(said, Mapping):
        return "\n".join(f"{key}: {_value(value)}" for key, value in said.items())
    if isinstance(said, Sequence) and not isinstance(said, str):
        return "\n".join(_value(value) for value in said)
    return _value(said)


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _plain(card: object) -> dict[str, Any]:
    if is_dataclass(card) and not isinstance(card, type):
        return asdict(card)
    return dict(card) if isinstance(card, Mapping) else {"notes": str(card)}


def _of_datasets(about: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    given = about.get("datasets")
    for name, card in given.items() if isinstance(given, Mapping) else ():
        for item in _plain(card).get("findings") or ():
            yield str(name), _item(item)


def _flat(found: object) -> Iterable[tuple[str, Any]]:
    if isinstance(found, Mapping):
        for where, items in found.items():
            several = (
                items if isinstance(items, Sequence) and not isinstance(items, str) else [items]
            )
            yield from ((str(where), _item(each)) for each in several)
    elif isinstance(found, Sequence) and not isinstance(found, str):
        yield from (("", _item(each)) for each in found)
    elif found:
        yield "", found


def _item(item: object) -> Any:
    return asdict(item) if is_dataclass(item) and not isinstance(item, type) else item
