"""One source document on both sides of the split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.validation.check import Check, Finding, Status
from longshelf.validation.view import View

__all__ = ["DocumentAcrossParts"]


@dataclass(frozen=True, kw_only=True)
class DocumentAcrossParts(Check):
    """Rows of one document, by the document role, lie in more than one part."""

    code: ClassVar[str] = "LS020"
    title: ClassVar[str] = "document across splits"
    severity: ClassVar[Status] = "FAIL"
    advice: ClassVar[str] = "Split by document, so that all its rows stay on one side."

    def look(self, view: View) -> Finding:
        column = view.dataset.schema.document
        if column is None or len(view.parts) < 2:
            return self.skipped("needs a document role and a split")
        documents = view.rows[column][view.membership["position"]]
        member = view.membership.with_columns(document=documents).drop_nulls("document")
        torn = member.group_by("document").agg(parts=pl.col("part").n_unique())
        torn = torn.filter(pl.col("parts") > 1)
        if torn.height == 0:
            return self.passed("every document lies in one part")
        rows = np.unique(member.join(torn, on="document", how="semi")["position"].to_numpy())
        message = f"{torn.height:,} values of {column!r} lie in more than one part"
        return self.found(message, count=len(rows), rows=rows)
