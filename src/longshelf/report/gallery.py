"""Written texts side by side with the real ones, of head, torso and tail, what they name marked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from markupsafe import escape

from longshelf.report.aggregate import ARM, Arm, Budget
from longshelf.report.reading import Tables
from longshelf.report.thin_data import Answer, answered
from longshelf.report.wording import Number, Part, Phrase, clip

__all__ = ["Gallery", "Piece", "Sample", "Writer", "Writing", "galleries", "pieces"]

SLICES = ("head", "torso", "tail")
EACH, WRITERS, LENGTH = 4, 10, 240
"""Samples of a slice, writers of a sample, and characters of a text, at most."""
BYTES_OF_TEXT = 150
"""Tags around one text, about."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: ``plain``, or a value named as it was ``asked`` or as some ``other``."""

    text: str
    kind: str


@dataclass(frozen=True)
class Writer:
    """Who wrote: a model under a strategy, its features where the model stands with several."""

    model: str
    strategy: str
    features: str


@dataclass(frozen=True)
class Writing:
    """A text and who wrote it."""

    writer: Writer
    text: Sequence[Piece]


@dataclass(frozen=True)
class Sample:
    """A row: what was asked for, the text it has, and those written for it."""

    category: str
    count: str
    asked: Sequence[tuple[str, str]]
    real: Sequence[Piece]
    written: Sequence[Writing]


@dataclass(frozen=True)
class Gallery:
    """The samples of one data set and task, by slice, and what the figures say of thin data."""

    dataset: str
    task: str
    shelves: Sequence[tuple[str, Sequence[Sample]]]
    answer: Answer


def galleries(
    results: Tables, arms: Sequence[Arm], budget: Budget
) -> tuple[list[Gallery], list[Part]]:
    """Gather the samples of every task that writes, and say what was left out.

    Parameters
    ----------
    results : Tables
        The tables of a run.
    arms : sequence of Arm
        Whose texts are wanted, the best first.
    budget : Budget
        How many bytes they may take.
    """
    kept = results.examples.filter(pl.col("real").is_not_null())
    places: dict[tuple[str, str], list[Arm]] = {}
    for arm in arms:
        places.setdefault((arm.dataset, arm.task), []).append(arm)
    found: list[Gallery] = []
    limits: list[Part] = []
    room = budget.gallery
    for (dataset, task), own in places.items():
        part = kept.filter(pl.col("dataset") == dataset, pl.col("task") == task)
        if part.is_empty():
            continue
        shelves, taken, writers = _shelves(part, _ordered(own), room)
        room -= taken
        if len(own) > writers:
            fields: dict[str, Part] = {"n": Number(str(writers)), "total": Number(str(len(own)))}
            limits.append(Phrase("limits.gallery", fields))
        found.append(Gallery(clip(dataset), clip(task), shelves, answered(results, dataset, task)))
    return found, limits


def _ordered(arms: Sequence[Arm]) -> list[Arm]:
    """Rivals first, then model by model, plain training before its remedies."""
    models = {arm.model: at for at, arm in reversed(list(enumerate(arms)))}
    return sorted(arms, key=lambda arm: (not arm.trivial, models[arm.model], not arm.baseline))


def _shelves(
    part: pl.DataFrame, arms: Sequence[Arm], room: int
) -> tuple[list[tuple[str, list[Sample]]], int, int]:
    """Samples of each slice as far as the room reaches, the bytes they take, and their writers."""
    texts = {
        tuple(map(str, key)): {row["rank"]: row for row in own.iter_rows(named=True)}
        for key, own in part.partition_by(ARM, as_dict=True, maintain_order=True).items()
    }
    named = [(arm, texts[key]) for arm in arms if (key := _key(arm)) in texts][:WRITERS]
    first = part.unique("rank", keep="first", maintain_order=True).sort("rank")
    shelves: dict[str, list[Sample]] = {}
    taken = 0
    for turn in range(EACH):
        for name in SLICES:
            rows = first.filter(pl.col("slice") == name)
            if turn >= rows.height:
                continue
            sample = _sample(rows.row(turn, named=True), named)
            size = _bytes(sample)
            if turn == 0 or taken + size <= room:
                taken += size
                shelves.setdefault(name, []).append(sample)
    return list(shelves.items()), taken, len(named)


def _key(arm: Arm) -> tuple[str, ...]:
    return tuple(getattr(arm, name) for name in ARM)


def _sample(
    row: Mapping[str, Any], named: Sequence[tuple[Arm, Mapping[int, Mapping[str, Any]]]]
) -> Sample:
    asked = json.loads(row["asked"] or "{}")
    several = {
        (arm.model, arm.strategy) for arm, _ in named
        if len({o.features for o, _ in named if (o.model, o.strategy) == (arm.model, arm.strategy)}) > 1
    }  # fmt: skip
    written = [
        Writing(
            Writer(
                clip(arm.model), "" if arm.baseline or arm.trivial else clip(arm.strategy),
                clip(arm.features) if (arm.model, arm.strategy) in several else "",
            ),
            pieces(own[row["rank"]]["text"], own[row["rank"]]["marks"]),
        )
        for arm, own in named
        if row["rank"] in own
    ]  # fmt: skip
    return Sample(
        category=clip(row["category"]),
        count=f"{int(row['count'] or 0):,}",
        asked=[(clip(name, 40), clip(value, 60)) for name, value in list(asked.items())[:12]],
        real=pieces(row["real"], row["real_marks"]),
        written=written,
    )


def pieces(text: str | None, marks: str | None) -> list[Piece]:
    """Cut a text at its marks; what cannot be printed becomes a space, what is too long a stop.

    Parameters
    ----------
    text : str or None
        As it was written.
    marks : str or None
        JSON: start, end and whether the value was asked for, from left to right.

    Examples
    --------
    >>> [(piece.text, piece.kind) for piece in pieces("a red hat", "[[2,5,1]]")]
    [('a ', 'plain'), ('red', 'asked'), (' hat', 'plain')]
    """
    whole = "".join(c if c.isprintable() else " " for c in text or "")
    shown = whole if len(whole) <= LENGTH else whole[: LENGTH - 1] + "…"
    return [piece for piece in _cut(shown, json.loads(marks or "[]")) if piece.text]


def _cut(text: str, marks: Sequence[Sequence[int]]) -> Iterator[Piece]:
    at = 0
    for start, end, own in marks:
        if not at <= start < end <= len(text):
            continue
        yield Piece(text[at:start], "plain")
        yield Piece(text[start:end], "asked" if own else "other")
        at = end
    yield Piece(text[at:], "plain")


def _bytes(sample: Sample) -> int:
    texts = [sample.real, *(one.text for one in sample.written)]
    signs = sum(len(str(escape(piece.text)).encode()) for text in texts for piece in text)
    return signs + BYTES_OF_TEXT * (len(texts) + sum(map(len, texts)) + len(sample.asked))
