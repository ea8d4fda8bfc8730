"""Look at data before anything is trained on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np

from longshelf.tables import Dataset, IntArray
from longshelf.validation.check import Check, Status
from longshelf.validation.checks import CHECKS
from longshelf.validation.view import View, name_of_label

__all__ = ["Outcome", "Validation", "validate"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The answer of one check.

    Parameters
    ----------
    code, name, title : str
        ``LS004``, ``SmallClass``, and the same in words.
    status : {"PASS", "WARN", "FAIL", "SKIP"}
    message : str
        What was seen.
    advice : str
        What to do; empty where nothing is to be done.
    count : int
        Offenders, all of them.
    unit : str
        What is counted: rows, classes, columns, groups.
    rows : tuple of int
        Positions of the first offending rows in the data set, from 0.
    ids : tuple of str
        Their ids, where the schema names an id column.
    page : str
        Documentation of the check.
    """

    code: str
    name: str
    title: str
    status: Status
    message: str
    advice: str
    count: int
    unit: str
    rows: tuple[int, ...]
    ids: tuple[str, ...]
    page: str


@dataclass(frozen=True, kw_only=True)
class Validation:
    """The answers of all checks, in the order of their codes.

    Parameters
    ----------
    dataset : str
    label : str or None
    outcomes : tuple of Outcome
    """

    dataset: str
    label: str | None
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed; warnings do not count."""
        return not any(outcome.status == "FAIL" for outcome in self.outcomes)

    def __getitem__(self, code: str) -> Outcome:
        """The outcome of one check, by its code."""
        return next(outcome for outcome in self.outcomes if outcome.code == code)

    def table(self) -> list[dict[str, str]]:
        """One row per check, worst first, ready for a terminal table."""
        order = {"FAIL": 0, "WARN": 1, "PASS": 2, "SKIP": 3}
        worst_first = sorted(self.outcomes, key=lambda outcome: order[outcome.status])
        return [
            {
                "status": outcome.status,
                "code": outcome.code,
                "check": outcome.title,
                "count": _counted(outcome.count, outcome.unit),
                "seen": outcome.message,
                "rows": _first(outcome.ids or outcome.rows),
                "do": outcome.advice,
            }
            for outcome in worst_first
        ]

    def to_json(self) -> str:
        """Everything, as one JSON object with ``ok`` and a list of ``outcomes``."""
        content: dict[str, Any] = {"ok": self.ok, **asdict(self)}
        return json.dumps(content, ensure_ascii=False, indent=2)


def validate(
    dataset: Dataset,
    *,
    label: str | None = None,
    parts: Mapping[str, IntArray] | None = None,
    checks: Sequence[Check] = CHECKS,
    shown: int = 20,
) -> Validation:
    """Ask every check about a data set.

    Parameters
    ----------
    dataset : Dataset
        The data, with their roles.
    label : str, optional
        The column to be predicted; the first label of the schema by default.
    parts : mapping of part name to (m,) int array of row positions, optional
        The split, if there is one; without it the checks across parts are skipped.
    checks : sequence of Check, optional
        All with their default thresholds, unless given.
    shown : int, default 20
        Offending rows listed per check; all are counted.

    Raises
    ------
    InputError
        If the label column is unknown or a part names a row that does not exist.

    Examples
    --------
    >>> import polars as pl
    >>> from longshelf.tables import Card, Dataset, Schema
    >>> rows = pl.DataFrame({"title": ["red shirt", "red shirt"], "kind": ["shirt", "shirt"]})
    >>> schema, card = Schema(label=("kind",), text=("title",)), Card(title="", licence="own")
    >>> report = validate(Dataset(name="two", rows=rows, schema=schema, card=card))
    >>> report.ok, report["LS002"].message
    (False, "all 2 labelled rows are of class 'shirt'")
    """
    chosen = name_of_label(dataset, label)
    given = {name: np.asarray(rows, dtype=np.int64) for name, rows in (parts or {}).items()}
    view = View(dataset=dataset, label=chosen, parts=given)
    outcomes = tuple(_ask(check, view, shown) for check in checks)
    return Validation(dataset=dataset.name, label=chosen, outcomes=outcomes)


def _first(rows: Sequence[int | str], shown: int = 5) -> str:
    return ", ".join(map(str, rows[:shown])) + (" …" if len(rows) > shown else "")


def _counted(count: int, unit: str) -> str:
    if count == 0:
        return ""
    one = {"classes": "class"}.get(unit, unit.removesuffix("s"))
    return f"{count:,} {one if count == 1 else unit}"


def _ask(check: Check, view: View, shown: int) -> Outcome:
    finding = check.look(view)
    rows = tuple(int(row) for row in islice(iter(finding.rows), shown))
    id_column = view.dataset.schema.id
    ids = view.rows[id_column][list(rows)].cast(str).to_list() if id_column and rows else []
    troubled = finding.status in ("WARN", "FAIL")
    return Outcome(
        code=check.code,
        name=type(check).__name__,
        title=check.title,
        status=finding.status,
        message=finding.message,
        advice=check.advice if troubled else "",
        count=finding.count,
        unit=finding.unit,
        rows=rows,
        ids=tuple(map(str, ids)),
        page=check.page,
    )
