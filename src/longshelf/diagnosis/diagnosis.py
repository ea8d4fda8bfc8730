"""Look at how imbalanced data are, and where, before choosing a remedy."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from longshelf.diagnosis.advice import Sentence, advise
from longshelf.diagnosis.balance import Balance
from longshelf.diagnosis.crosstab import Crosstab, crosstab
from longshelf.diagnosis.popularity import Popularity, popularity
from longshelf.diagnosis.repeats import Repeats, repeats
from longshelf.diagnosis.rivals import Rivals
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
    """Figures of one label of a data set, all its rows taken together.

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
    rivals : Rivals
    crosstabs : tuple of Crosstab
        One per group column.
    repeats : Repeats or None
        None without inputs.
    texts : tuple of Texts
    names_class : float or None
        Share of rows whose text names its class.
    popularity : tuple of Popularity
        Of users, items and queries.
    first : tuple of Sentence
        What to look at first.
    """

    dataset: str
    label: str
    rule: str
    unlabelled: int
    classes: pl.DataFrame
    balance: Balance
    zipf: Zipf | None
    shelves: tuple[Shelf, ...]
    rivals: Rivals
    crosstabs: tuple[Crosstab, ...]
    repeats: Repeats | None
    texts: tuple[Texts, ...]
    names_class: float | None
    popularity: tuple[Popularity, ...]
    first: tuple[Sentence, ...] = ()

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
        there is none: what is imbalanced is the target.
    rule : {"mass", "mass_80", "count", "share"}, default "mass"
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
    view = _view(dataset, label)
    counts = view.counts["len"].cast(pl.Float64).to_numpy()
    tables = (crosstab(view, column) for column in dataset.schema.group if column != view.label)
    figures = Diagnosis(
        dataset=dataset.name,
        label=str(view.label),
        rule=rule,
        unlabelled=view.labels.null_count(),
        classes=_classes(view, counts, rule),
        balance=Balance.of(counts),
        zipf=Zipf.fit(counts),
        shelves=shelves(counts, rule),
        rivals=Rivals.of(counts),
        crosstabs=tuple(table for table in tables if table is not None),
        repeats=repeats(view),
        texts=texts(view),
        names_class=names_class(view),
        popularity=popularity(view, rule),
    )
    return replace(figures, first=advise(figures))


def _view(dataset: Dataset, label: str | None) -> View:
    """The data with the label to look at; an error where no row has one."""
    chosen = name_of_label(dataset, label) or dataset.schema.item
    if chosen is None:
        raise InputError(
            f"data set {dataset.name!r} names no label; give one of its columns as label: "
            f"{', '.join(dataset.rows.columns)}"
        )
    view = View(dataset=dataset, label=chosen)
    if view.counts.height == 0:
        raise InputError(f"no row of data set {dataset.name!r} has a {chosen!r}; check the column")
    return view


def _classes(view: View, counts: np.ndarray[Any, np.dtype[np.float64]], rule: str) -> pl.DataFrame:
    return view.counts.select(
        name=pl.col("label"),
        count=pl.col("len"),
        share=pl.col("len") / counts.sum(),
        slice=pl.Series(SLICES[cut(counts, rule).of]),
    )
