"""A classifier that stands alone: features, model, thresholds and calibration in one object."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.artifact.compression import Compression
from longshelf.artifact.folder import Folder
from longshelf.artifact.frozen import freeze
from longshelf.artifact.schema import checked, frame_of
from longshelf.artifact.thawed import thaw
from longshelf.errors import InputError
from longshelf.features import FittedFeatures
from longshelf.models.base import Fitted
from longshelf.tables import FloatArray, Rows, Scored
from longshelf.tasks.deciding import DECISIONS, Deciding

__all__ = ["Classified", "Classifier", "read_classifier", "write_classifier"]

SLICES = ("head", "torso", "tail")


@dataclass(frozen=True)
class Classified:
    """What a classifier says of n rows.

    Parameters
    ----------
    decisions : (n,) str array, or (n,) object array of tuples of str
        The class of each row, or all its labels.
    probabilities : (n, C) float array
        Calibrated; columns as in :attr:`Classifier.classes`.
    scores : (n, C) float array
        What decided, before thresholds.
    """

    decisions: NDArray[Any]
    probabilities: FloatArray
    scores: FloatArray


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """Rows in, classes and calibrated probabilities out.

    Parameters
    ----------
    manifest, card, schema : mapping
        As the folder says; ``schema`` is the JSON Schema of one row.
    features : FittedFeatures
    fitted : Fitted
    deciding : Deciding
    decision : {"argmax", "tuned"}
        Which of the two decides.
    slices : list of C str
        Of each class: head, torso or tail.
    """

    manifest: Mapping[str, Any]
    card: Mapping[str, Any]
    schema: Mapping[str, Any]
    features: FittedFeatures
    fitted: Fitted
    deciding: Deciding
    decision: str
    slices: list[str]

    @property
    def classes(self) -> list[str]:
        """Names, in the order of the columns of probabilities and scores."""
        return [str(name) for name in self.deciding.targets.names]

    def table(self, records: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Rows that came as JSON objects, as :meth:`classify` takes them.

        Raises
        ------
        InputError
            If one is not as the schema says, with its number.
        """
        return frame_of(records, self.schema)

    def classify(self, rows: pl.DataFrame) -> Classified:
        """Classify rows.

        Parameters
        ----------
        rows : polars.DataFrame
            The columns the schema names, in any order.

        Raises
        ------
        InputError
            Unknown or missing columns, other types, gaps the model never met, no rows.
        """
        scored = self.scored(rows_of(checked(rows, self.schema)))
        return Classified(
            self._named(scored.decisions[self.decision]), scored.corrected, scored.scores
        )

    def scored(self, rows: Rows) -> Scored:
        """The same of rows as the metrics take it."""
        return self.deciding.scored(rows, self.fitted.scores(self.features.transform(rows)))

    def _named(self, decided: NDArray[Any]) -> NDArray[Any]:
        names = self.deciding.targets.names
        if decided.ndim == 1:
            return np.asarray(names[decided])
        several = np.empty(len(decided), dtype=object)
        several[:] = [tuple(names[row > 0].tolist()) for row in decided]
        return several


def rows_of(inputs: pl.DataFrame) -> Rows:
    """Rows nobody labelled."""
    code = np.zeros(inputs.height, dtype=np.int64)
    return Rows(id=code - 1, inputs=inputs, y=code, code=code, groups=pl.DataFrame())


def write_classifier(
    folder: Path,
    *,
    features: FittedFeatures,
    fitted: Fitted,
    deciding: Deciding,
    decision: str,
    slices: Sequence[str],
    schema: Mapping[str, Any],
    compression: Compression | None = None,
) -> None:
    """Write all but the card into a folder.

    Parameters
    ----------
    folder : Path
        An empty one.
    features, fitted, deciding, decision, slices, schema
        As for :class:`Classifier`.
    compression : Compression or None
        Of the model's weights; features and thresholds are kept whole.

    Raises
    ------
    InputError
        If a part cannot be frozen, saying where it sits.
    """
    model = folder / "model"
    freeze({"features": features, "deciding": deciding}, model / "reading")
    freeze({"fitted": fitted}, model / "learned", compression)
    about = {"decision": decision, "slices": list(slices)}
    (model / "classifier.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    said = json.dumps(schema, ensure_ascii=False, indent=1)
    (folder / "schema.json").write_text(said + "\n", encoding="utf-8")


def read_classifier(folder: Folder, card: Mapping[str, Any] | None = None) -> Classifier:
    """What :func:`write_classifier` wrote, from a verified folder.

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
    about = folder.json("model/classifier.json")
    reading = thaw(folder, "model/reading")
    fitted: Any = thaw(folder, "model/learned").get("fitted")
    features: Any = reading.get("features")
    deciding: Any = reading.get("deciding")
    decision: Any = about.get("decision")
    slices: Any = about.get("slices")
    can = [(features, "transform"), (fitted, "scores")]
    if not isinstance(deciding, Deciding) or not all(_can(one, verb) for one, verb in can):
        raise InputError(f"the model of artifact {folder.place} is no classifier; export it again")
    if decision not in DECISIONS or not _are_slices(slices, len(deciding.targets)):
        raise InputError(f"the classes of artifact {folder.place} do not fit; export it again")
    return Classifier(
        manifest=folder.manifest, card=folder.json("card.json") if card is None else card,
        schema=_schema(folder), features=features, fitted=fitted, deciding=deciding,
        decision=decision, slices=slices,
    )  # fmt: skip


def _can(thing: Any, verb: str) -> bool:
    method: Callable[..., Any] | None = getattr(type(thing), verb, None)
    return callable(method)


def _are_slices(slices: Any, classes: int) -> bool:
    return isinstance(slices, list) and len(slices) == classes and set(slices) <= set(SLICES)


def _schema(folder: Folder) -> dict[str, Any]:
    schema = folder.json("schema.json")
    known = schema.get("properties")
    if not isinstance(known, dict) or sorted(schema.get("required", [])) != sorted(known):
        raise InputError(f"schema.json of artifact {folder.place} names no columns")
    return schema
