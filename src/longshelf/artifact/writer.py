"""A writer that stands alone: category and attributes in, a text and what it says of them out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from longshelf.artifact.classifier import SLICES
from longshelf.artifact.folder import Folder
from longshelf.artifact.frozen import freeze
from longshelf.artifact.schema import DIALECT
from longshelf.artifact.thawed import thaw
from longshelf.errors import InputError
from longshelf.metrics.texts.faithful import told
from longshelf.models.generate.asked import Asked
from longshelf.prepare.mentions import Mentions

__all__ = ["TextWriter", "Written", "read_writer", "write_writer"]

CATEGORY = "category"


@dataclass(frozen=True)
class Written:
    """A text, and what it says of the category and attributes it was written from.

    Values are looked up as whole words, case and plurals aside, as the metrics
    ``attribute_coverage`` and ``contradiction`` do.

    Parameters
    ----------
    text : str
        "" where the writer found none.
    slice : {"head", "torso", "tail"}
        Of the category.
    mentioned : list of str
        Attributes whose value the text names, the category among them.
    missing : list of str
        Those it does not name.
    contradicted : list of str
        Those of which it names another value, and not the one asked for.
    unseen : list of str
        Attributes, or values of one, that the writer never met; it left them out.
    """

    text: str
    slice: str
    mentioned: list[str]
    missing: list[str]
    contradicted: list[str]
    unseen: list[str]


@dataclass(frozen=True, kw_only=True)
class TextWriter:
    """Category and attributes in, a text out: the same text for the same question.

    Parameters
    ----------
    manifest, card, schema : mapping
        As the folder says; ``schema`` is the JSON Schema of one question.
    asked : Asked
        The categories and values the writer knows.
    fitted : object
        Writes for rows of codes.
    reads : bool
        It reads attributes beside the category.
    slices : list of C str
        Of each category: head, torso or tail.
    """

    manifest: Mapping[str, Any]
    card: Mapping[str, Any]
    schema: Mapping[str, Any]
    asked: Asked
    fitted: Any
    reads: bool
    slices: list[str]

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the categories it writes for."""
        return self.asked.categories

    @cached_property
    def _levels(self) -> dict[str, tuple[str, ...]]:
        return {CATEGORY: self.asked.categories, **self.asked.attributes}

    @cached_property
    def _codes(self) -> dict[str, dict[str, int]]:
        """Of each value its code, as it is written, and by its words without case."""
        return {
            name: {_plain(value): code for code, value in reversed([*enumerate(values)])}
            | {value: code for code, value in enumerate(values)}
            for name, values in self._levels.items()
        }

    @cached_property
    def _mentions(self) -> Mentions:
        return Mentions(self._levels)

    def write(self, category: str, attributes: Mapping[str, str]) -> Written:
        """A text, and what it says.

        Parameters
        ----------
        category : str
            One of :attr:`categories`, case aside.
        attributes : mapping of name to value
            In any order; what the writer never met is left out, and said.

        Raises
        ------
        InputError
            If it knows no such category.
        """
        kind = self._code(CATEGORY, category)
        if kind is None:
            raise InputError(
                f"the writer knows {len(self.categories)} categories, and not this one; "
                "schema.json of its artifact lists them"
            )
        given = {name: value for name, value in attributes.items() if name in self.asked.attributes}
        found = {name: self._code(name, value) for name, value in given.items()}
        codes = [found.get(name) for name in self.asked.attributes] if self.reads else []
        row = [kind, *(-1 if code is None else code for code in codes)]
        text = str(self.fitted.write(np.array([row], dtype=np.int64))[0])
        wanted = {CATEGORY: self.categories[kind]}
        for name, value in given.items():
            code = found[name]
            wanted[name] = value if code is None else self._levels[name][code]
        named, other = told(text, wanted, self._mentions)
        unseen = [name for name in attributes if found.get(name) is None]
        return Written(
            text=text, slice=self.slices[kind],
            mentioned=[name for name in wanted if name in named],
            missing=[n for n in wanted if n not in named and n not in other and n not in unseen],
            contradicted=[name for name in wanted if name in other], unseen=unseen,
        )  # fmt: skip

    def _code(self, name: str, value: str) -> int | None:
        codes = self._codes[name]
        return codes.get(value, codes.get(_plain(value)))


def _plain(value: str) -> str:
    return " ".join(value.split()).casefold()


def write_writer(
    folder: Path, *, asked: Asked, fitted: Any, reads: bool, slices: Sequence[str]
) -> None:
    """Write all but the card into a folder.

    Parameters
    ----------
    folder : Path
        An empty one.
    asked, fitted, reads, slices
        As for :class:`TextWriter`.

    Raises
    ------
    InputError
        If a part cannot be frozen, saying where it sits.
    """
    model = folder / "model"
    freeze({"asked": asked, "fitted": fitted}, model / "learned")
    about = {"reads": reads, "slices": list(slices)}
    (model / "writer.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    said = json.dumps(_schema(asked), ensure_ascii=False, indent=1)
    (folder / "schema.json").write_text(said + "\n", encoding="utf-8")


def _schema(asked: Asked) -> dict[str, Any]:
    """What may be asked: the category of those known, attributes with the values known."""
    known = {
        name: {"type": "string", "examples": list(values)}
        for name, values in asked.attributes.items()
    }
    return {
        "$schema": DIALECT, "title": "One product", "type": "object",
        "properties": {
            CATEGORY: {"type": "string", "enum": list(asked.categories)},
            "attributes": {"type": "object", "properties": known},
        },
        "required": [CATEGORY], "additionalProperties": False,
    }  # fmt: skip


def read_writer(folder: Folder, card: Mapping[str, Any] | None = None) -> TextWriter:
    """What :func:`write_writer` wrote, from a verified folder.

    Parameters
    ----------
    folder : Folder
        With its manifest.
    card : mapping or None
        None reads ``card.json``.

    Raises
    ------
    InputError
        If a part is missing, not allowed, or does not fit the others.
    """
    about = folder.json("model/writer.json")
    learned = thaw(folder, "model/learned")
    asked, fitted = learned.get("asked"), learned.get("fitted")
    reads: Any = about.get("reads")
    slices: Any = about.get("slices")
    writes = callable(getattr(type(fitted), "write", None))
    if not isinstance(asked, Asked) or not writes or not isinstance(reads, bool):
        raise InputError(f"the model of artifact {folder.place} is no writer; export it again")
    fits = isinstance(slices, list) and len(slices) == len(asked.categories)
    if not fits or set(slices) - set(SLICES):
        raise InputError(f"the categories of artifact {folder.place} do not fit; export it again")
    return TextWriter(
        manifest=folder.manifest, card=folder.json("card.json") if card is None else card,
        schema=folder.json("schema.json"), asked=asked, fitted=fitted, reads=reads, slices=slices,
    )  # fmt: skip
