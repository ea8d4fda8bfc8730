"""Look at how imbalanced data are, and where, before choosing a remedy."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from longshelf.datasets.roles import ranks
from longshelf.diagnosis.advice import advise
from longshelf.diagnosis.balance import Balance
from longshelf.diagnosis.crosstab import Crosstab, crosstab
from longshelf.diagnosis.interactions import Interactions, interactions
from longshelf.diagnosis.nouns import CLASSES, ITEMS, Nouns
from longshelf.diagnosis.popularity import Popularity, popularity
from longshelf.diagnosis.repeats import Repeats, repeats
from longshelf.diagnosis.rivals import Rivals
from longshelf.diagnosis.sentence import Sentence
from longshelf.diagnosis.shelves import Shelf, shelves
from longshelf.diagnosis.texts import Texts, names_class, texts
from longshelf.diagnosis.zipf import Zipf
from longshelf.errors import InputError
from longshelf.slices import cut
from longshelf.tables import Dataset
from longshelf.validation import View
from longshelf.validation.view import name_of_label

__all__ = ["Diagnosis", "diagnose"]

SLICES = np.array(["head", "torso", "tail"])


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Figures of one label of a data set, or of its items, all its rows taken together.

    Where rows are interactions or judgements, a class is an item.

    Parameters
    ----------
    dataset, label : str
    rule : str
        Where head, torso and tail are cut; see :func:`longshelf.slices.cut`.
    unlabelled : int
        Rows without a label; no figure about classes counts them.
    classes : polars.DataFrame
        Columns ``name``, ``count``, ``share``, ``slice``, largest first.
    balance : Balance
    zipf : Zipf or None
        None under five classes.
    shelves : tuple of Shelf
    rivals : Rivals or None
        None of items: what the most popular ones score depends on the split.
    crosstabs : tuple of Crosstab
        One per group column; of items their slices, head, torso and tail, stand for the label.
    repeats : Repeats or None
        None without inputs.
    texts : tuple of Texts
    names_class : float or None
        Share of rows whose text names its class.
    popularity : tuple of Popularity
        Of users, items and queries.
    first : tuple of Sentence
        What to look at first.
    interactions : Interactions or None
        Of users or queries and items; None where a label is looked at.
    """

    dataset: str
    label: str
    rule: str
    unlabelled: int
    classes: pl.DataFrame
    balance: Balance
    zipf: Zipf | None
    shelves: tuple[Shelf, ...]
    rivals: Rivals | None
    crosstabs: tuple[Crosstab, ...]
    repeats: Repeats | None
    texts: tuple[Texts, ...]
    names_class: float | None
    popularity: tuple[Popularity, ...]
    first: tuple[Sentence, ...] = ()
    interactions: Interactions | None = None

    @property
    def nouns(self) -> Nouns:
        """The words for what is imbalanced."""
        return CLASSES if self.interactions is None else ITEMS

    def table(
        self, language: Literal["en", "zh"] = "en"
    ) -> list[tuple[str, list[str], list[list[str]]]]:
        """Small tables for a terminal: the title, the columns and the rows of each.

        Parameters
        ----------
        language : {"en", "zh"}, default "en"
            Of the words.
        """
        from longshelf.diagnosis.listing import listing

        return listing(self, language)

    def to_json(self) -> str:
        """Every figure, as one JSON object; frames as lists of objects."""
        content: dict[str, Any] = {
            name: value
            for name, value in asdict(replace(self, classes=pl.DataFrame(), crosstabs=())).items()
            if name not in ("classes", "crosstabs")
        }
        content["classes"] = self.classes.to_dicts()
        content["crosstabs"] = [
            {**asdict(replace(table, cells=pl.DataFrame())), "cells": table.cells.to_dicts()}
            for table in self.crosstabs
        ]
        return json.dumps(content, ensure_ascii=False, indent=2)

    def html(self, path: str | Path, *, language: Literal["en", "zh"] = "en") -> Path:
        """Write one small self-contained page and return where it lies.

        Parameters
        ----------
        path : str or Path
            The file to write; its folder must exist.
        language : {"en", "zh"}, default "en"
            Shown first; the page holds both.
        """
        from longshelf.diagnosis.page import page

        place = Path(path)
        place.write_text(page(self, language), encoding="utf-8")
        return place


def diagnose(dataset: Dataset, *, label: str | None = None, rule: str = "mass") -> Diagnosis:
    """Measure the imbalance of a data set.

    Parameters
    ----------
    dataset : Dataset
        The data, with their roles.
    label : str, optional
        The column to be predicted; by default the first label of the schema, or the item where
        there is none: what is imbalanced is the target. Of judgements, those above grade 0
        count.
    rule : {"mass", "mass_80", "mass_few", "count", "share"}, default "mass"
        Where head, torso and tail are cut.

    Raises
    ------
    InputError
        If there is no such label and no item, no labelled row, or no such rule.

    Examples
    --------
    >>> from longshelf.tables import Card, Schema
    >>> rows = pl.DataFrame({"kind": ["shirt"] * 6 + ["hat"] * 2})
    >>> card = Card(title="eight rows", licence="own")
    >>> seen = diagnose(Dataset(name="eight", rows=rows, schema=Schema(label=("kind",)), card=card))
    >>> seen.balance.ratio, seen.rivals.majority_accuracy
    (3.0, 0.75)
    """
    lists = ranks(dataset.schema) and label in (None, dataset.schema.item)
    view = _view(dataset, label)
    counts = view.counts["len"].cast(pl.Float64).to_numpy()
    classes = _classes(view, counts, rule)
    figures = Diagnosis(
        dataset=dataset.name,
        label=str(view.label),
        rule=rule,
        unlabelled=view.labels.null_count(),
        classes=classes,
        balance=Balance.of(counts),
        zipf=Zipf.fit(counts),
        shelves=shelves(counts, rule),
        rivals=None if lists else Rivals.of(counts),
        crosstabs=_crosstabs(view, classes if lists else None),
        repeats=None if lists else repeats(view),
        texts=texts(view),
        names_class=None if lists else names_class(view),
        popularity=popularity(view, rule),
        interactions=interactions(View(dataset=dataset)) if lists else None,
    )
    return replace(figures, first=advise(figures))


def _crosstabs(view: View, items: pl.DataFrame | None) -> tuple[Crosstab, ...]:
    """The label by every group column; of items, their slices."""
    labels = view.labels
    if items is not None:
        labels = labels.replace_strict(items["name"], items["slice"], default=None)
    columns = (column for column in view.dataset.schema.group if column != view.label)
    tables = (crosstab(view.rows[column], labels) for column in columns)
    return tuple(table for table in tables if table is not None)


def _view(dataset: Dataset, label: str | None) -> View:
    """The data with the label to look at; an error where no row has one."""
    chosen = name_of_label(dataset, label) or dataset.schema.item
    if chosen is None:
        raise InputError(
            f"data set {dataset.name!r} names no label; give one of its columns as label: "
            f"{', '.join(dataset.rows.columns)}"
        )
    view = View(dataset=_relevant(dataset, chosen), label=chosen)
    if view.counts.height == 0:
        raise InputError(f"no row of data set {dataset.name!r} has a {chosen!r}; check the column")
    return view


def _relevant(dataset: Dataset, label: str) -> Dataset:
    """The data without judgements of grade 0, where items are looked at."""
    schema = dataset.schema
    if schema.grade is None or schema.user or label != schema.item:
        return dataset
    kept = dataset.rows.filter(pl.col(schema.grade) > 0)
    if not kept.height:
        raise InputError(f"no judgement of data set {dataset.name!r} has a grade above 0")
    return replace(dataset, rows=kept)


def _classes(view: View, counts: np.ndarray[Any, np.dtype[np.float64]], rule: str) -> pl.DataFrame:
    return view.counts.select(
        name=pl.col("label"),
        count=pl.col("len"),
        share=pl.col("len") / counts.sum(),
        slice=pl.Series(SLICES[cut(counts, rule).of]),
    )
