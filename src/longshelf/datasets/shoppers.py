"""Online shoppers: 12,330 sessions, 15.5% of them with a purchase."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, hashes
from longshelf.datasets.packed import stream
from longshelf.datasets.reading.wording import many
from longshelf.errors import Unavailable
from longshelf.tables import Card, Dataset, Schema

__all__ = ["Shoppers"]

NUMERIC = (
    "Administrative", "Administrative_Duration", "Informational", "Informational_Duration",
    "ProductRelated", "ProductRelated_Duration", "BounceRates", "ExitRates", "PageValues",
    "SpecialDay",
)  # fmt: skip
CATEGORICAL = (
    "Month", "OperatingSystems", "Browser", "Region", "TrafficType", "VisitorType", "Weekend",
)  # fmt: skip
COLUMNS = (*NUMERIC, *CATEGORICAL, "Revenue")
MEMBER = "online_shoppers_intention.csv"
RAW = "f478bab98d0a47125518aab1a3c3cf1e3527b31bb06aa27bd0cc0b93e0a11185"
FILES = (
    DataFile(
        name=f"{MEMBER}.gz",
        sha256="3bd8809e38d534ee4c135c6b96fdfc5e056fdef7adaf5e98852b9b4d94da9fdd",
    ),
    DataFile(
        name=MEMBER,
        sha256=RAW,
        address="https://raw.githubusercontent.com/Shaunofthedead19/OnlineShoppersIntention/af48466dbf0c361b02749ff440aaabcebcf03593/online_shoppers_intention.csv",
        strict=False,
    ),
    DataFile(name="online+shoppers+purchasing+intention+dataset.zip"),
)


@dataclass(frozen=True, kw_only=True)
class Shoppers(DataSource):
    """Sessions of an online shop, with whether each ended in a purchase.

    Codes of browser, system, region and traffic are categories, not numbers. Groups are the
    visitor type and the weekend.

    Parameters
    ----------
    page_values : bool, default True
        Keep the Google Analytics page value, which is computed from purchases and leaks strongly;
        published results keep it.

    Raises
    ------
    Unavailable
        The file is missing or another one.

    Examples
    --------
    >>> Shoppers(page_values=False).name
    'shoppers(page_values=False)'
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    by_hand: ClassVar[str] = "download the zip of UCI data set 468"
    card: ClassVar[Card] = Card(
        title="Online Shoppers Purchasing Intention",
        licence="CC BY 4.0",
        citation=(
            "Sakar, Polat, Katircioglu, Kastro, Real-time prediction of online shoppers' "
            "purchasing intention, Neural Computing and Applications 31, 2019"
        ),
        address="https://archive.ics.uci.edu/dataset/468",
        files=hashes(FILES),
        redistribution="allowed",
        notes=(
            "125 repeated rows are kept. PageValues leaks. Months only, so no split by time. "
            "UCI's own zip could not be hashed here: it is accepted with 12,330 rows and 1,908 "
            "purchases."
        ),
    )

    expected: ClassVar[tuple[int, int]] = (12_330, 1_908)

    page_values: bool = True

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the sessions, with or without a header row."""
        found = self.find(folder)
        frame = _read(found.path)
        found.counted(frame.height, self.expected[0])
        found.counted(int((frame["Revenue"] == "yes").sum()), self.expected[1], "purchases")
        repeated = frame.height - frame.unique().height
        numeric = [name for name in NUMERIC if self.page_values or name != "PageValues"]
        return Dataset(
            name=self.name,
            rows=frame,
            schema=Schema(
                label=("Revenue",),
                categorical=CATEGORICAL,
                numeric=tuple(numeric),
                group=("VisitorType", "Weekend"),
            ),
            card=self.card,
            findings=(*found.findings, f"{many(repeated, 'row')} repeating an earlier one: kept"),
        )


def _read(path: Path) -> pl.DataFrame:
    raw = pl.read_csv(stream(path, MEMBER), has_header=False, infer_schema=False)
    if raw.width != len(COLUMNS):
        raise Unavailable(f"{path} has {raw.width} columns, wanted {len(COLUMNS)}")
    frame = raw.rename(dict(zip(raw.columns, COLUMNS, strict=True)))
    if frame.row(0) == COLUMNS:
        frame = frame[1:]
    truth = {"TRUE": "yes", "FALSE": "no"}
    return frame.with_columns(
        pl.col(NUMERIC).cast(pl.Float64),
        pl.col("Weekend", "Revenue").str.to_uppercase().replace_strict(truth),
    )
