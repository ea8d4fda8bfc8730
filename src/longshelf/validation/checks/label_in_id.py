"""An id that carries the label in its letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.errors import InputError
from longshelf.validation.check import Check, Finding, Status
from longshelf.validation.view import View, normalised

__all__ = ["LabelInId"]


@dataclass(frozen=True, kw_only=True)
class LabelInId(Check):
    """The label's name is written in an id, document or otherwise distinct text-like column.

    Looked at: columns with the id, document, user, item or query role, and categorical inputs with
    a different value in at least half of the rows. Free text is not: a title may name its class.

    Parameters
    ----------
    share : float in (0, 1], default 0.5
        Of the rows whose label is at least two letters long, after taking off how often the name
        of another class is found there.
    """

    code: ClassVar[str] = "LS009"
    title: ClassVar[str] = "label inside an id"
    severity: ClassVar[Status] = "FAIL"
    advice: ClassVar[str] = "Replace the id by a meaningless one before it can become an input."
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(f"LabelInId's share must lie in (0, 1], got {self.share}")

    def look(self, view: View) -> Finding:
        columns = self._columns(view)
        if view.label is None or not columns:
            return self.skipped("needs a label and an id-like column of text")
        long = view.labels.str.strip_chars().str.len_chars() >= 2
        asked = view.rows.select(columns).with_columns(label=view.labels).filter(long)
        if asked.height == 0:
            return self.skipped("every label is a single letter or digit")
        asked = asked.with_columns(label=normalised("label"))
        names = asked["label"].unique().sort()
        following = dict(zip(names, [*names[1:], names[0]], strict=True))
        asked = asked.with_columns(other=pl.col("label").replace(following))
        inputs = view.dataset.schema.inputs
        leaks = {name: self._excess(asked, name) for name in columns}
        leaks = {name: excess for name, excess in leaks.items() if excess >= self.share}
        if not leaks:
            return self.passed("no id spells its row's label")
        listed = ", ".join(f"{name!r} ({excess:.0%} of rows)" for name, excess in leaks.items())
        status: Status = "FAIL" if any(name in inputs for name in leaks) else "WARN"
        message = f"spells the row's own label: {listed}"
        return self.found(message, count=len(leaks), unit="columns", status=status)

    def _columns(self, view: View) -> list[str]:
        schema = view.dataset.schema
        roles = (schema.id, schema.document, schema.user, schema.item, schema.query)
        named = [name for name in roles if name]
        enough = view.rows.height / 2
        distinct = [name for name in schema.categorical if view.rows[name].n_unique() >= enough]
        return [
            name
            for name in dict.fromkeys([*named, *distinct])
            if name != view.label
            and name not in schema.text
            and view.rows[name].dtype in (pl.String, pl.Categorical, pl.Enum)
        ]

    def _excess(self, asked: pl.DataFrame, name: str) -> float:
        text = normalised(name).str.replace_all(r"[_\-./:|]+", " ")
        own, other = (
            text.str.contains(
                pl.col(column).str.replace_all(r"[_\-./:|]+", " "), literal=True
            ).fill_null(False)
            for column in ("label", "other")
        )
        differs = pl.col("label") != pl.col("other")
        own_share, other_share = asked.select(own=own.mean(), other=(other & differs).mean()).row(0)
        return float(own_share) - float(other_share)
