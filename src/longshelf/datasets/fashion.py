"""Fashion: 44,446 product titles in 143 long-tailed categories."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.datasets.packed import unpacked
from longshelf.datasets.reading.wording import many
from longshelf.errors import Unavailable
from longshelf.tables import Card, Dataset, Schema

__all__ = ["Fashion"]

COLUMNS = (
    "id", "gender", "masterCategory", "subCategory", "articleType",
    "baseColour", "season", "year", "usage", "productDisplayName",
)  # fmt: skip
LEVELS = ("articleType", "subCategory", "masterCategory")
GROUPS = ("gender", "season", "usage")
LABELS = (*LEVELS, "baseColour", "season", "usage", "gender")
MIRROR = "https://raw.githubusercontent.com/knowrohit/recommendation-using-ResNet50/45ce40e1a9ea04712319cc33a5eb8c05523db50d"
FILES = (
    DataFile(
        name="styles.csv.zip",
        sha256="2d5c74f249c44da1690bbdd2221e526e57d170eea8260d03605f7446813e92c1",
        address=f"{MIRROR}/styles.csv.zip",
    ),
    DataFile(
        name="styles.csv",
        sha256="cd86bd2d71b4065ed91786a52aa6ccc0eed343949791c663be9af35f105a128c",
        strict=False,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Fashion(DataSource):
    """Product titles of an Indian fashion shop, with a category tree and product attributes.

    Titles of 22 products hold unquoted commas, so lines are split on the first nine: all 44,446
    rows are kept. ``NA`` and empty mean not stated: null in a group, the row dropped where it is
    the label.

    Parameters
    ----------
    label : str or tuple of str, default "articleType"
        ``articleType`` (143 classes, 7070:1), ``subCategory``, ``masterCategory``,
        ``baseColour``, ``season``, ``usage`` or ``gender``; several make a multi-label problem.

    Raises
    ------
    InputError
        Unknown label.
    Unavailable
        The file is missing or another one.

    Examples
    --------
    >>> Fashion(label=("season", "usage")).name
    "fashion(label=('season', 'usage'))"
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    by_hand: ClassVar[str] = "download styles.csv (a Kaggle login is needed)"
    card: ClassVar[Card] = Card(
        title="Fashion Product Images: product metadata (Myntra)",
        licence="MIT on its Kaggle page, CC0 in copies; the statements conflict",
        citation="Param Aggarwal, Fashion Product Images Dataset, Kaggle, 2019",
        address="https://www.kaggle.com/datasets/paramaggarwal/fashion-product-images-small",
        files=hashes(FILES),
        redistribution="allowed",
        notes=(
            "143 article types, 7070:1, 36 of them under 10 rows. Titles often name the class. "
            "18,575 rows share their title with another row: split by title. "
            "A styles.csv with another hash is accepted if it has 44,446 rows."
        ),
    )
    expected: ClassVar[int] = 44_446

    label: str | tuple[str, ...] = "articleType"

    def __post_init__(self) -> None:
        names = chosen("label", self.label, LABELS)
        object.__setattr__(self, "label", names[0] if len(names) == 1 else names)

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the titles; ``targets`` holds the class above each class where there is one."""
        found = self.find(folder)
        frame = _split(unpacked(found.path, "styles.csv").decode("utf-8"))
        found.counted(frame.height, self.expected)
        labels = chosen("label", self.label, LABELS)
        groups = tuple(group for group in GROUPS if group not in labels)
        kept, findings = _policies(frame, labels, groups)
        return Dataset(
            name=self.name,
            rows=kept,
            schema=Schema(label=labels, text=("title",), group=groups, id="id"),
            card=self.card,
            targets=_tree(frame, labels[0]) if len(labels) == 1 else None,
            findings=(*found.findings, *findings),
        )


def _split(text: str) -> pl.DataFrame:
    """Fields at the first nine commas, whatever the title holds."""
    header, *lines = text.splitlines()
    if tuple(header.split(",")) != COLUMNS:
        raise Unavailable(f"styles.csv starts with {header!r}, wanted {','.join(COLUMNS)!r}")
    fields = pl.Series("fields", [line for line in lines if line]).str.splitn(",", len(COLUMNS))
    frame = fields.struct.rename_fields(list(COLUMNS)).struct.unnest()
    return frame.rename({"productDisplayName": "title"}).with_columns(
        pl.when(pl.col(pl.String).str.strip_chars().is_in(["", "NA"]))
        .then(None)
        .otherwise(pl.col(pl.String).str.strip_chars())
        .name.keep()
    )


def _policies(
    frame: pl.DataFrame, labels: tuple[str, ...], groups: tuple[str, ...]
) -> tuple[pl.DataFrame, list[str]]:
    commas = int((frame["title"].str.count_matches(",").fill_null(0) > 0).sum())
    untitled = frame["title"].null_count()
    findings = [f"{many(commas, 'title')} with unquoted commas: split on the first nine, all kept"]
    if untitled:
        findings.append(f"{many(untitled, 'product')} without a title (NA): kept as empty text")
    kept = frame.drop_nulls(list(labels))
    if kept.height < frame.height:
        findings.append(
            f"{many(frame.height - kept.height, 'row')} dropped: {' or '.join(labels)} not stated"
        )
    absent = {group: kept[group].null_count() for group in groups}
    findings += [f"{many(n, 'row')} without {g}" for g, n in absent.items() if n]
    return kept.with_columns(pl.col("title").fill_null("")), findings


def _tree(frame: pl.DataFrame, label: str) -> pl.DataFrame | None:
    """Name of each class, then the most frequent class above it at every higher level."""
    if label not in LEVELS:
        return None
    above = LEVELS[LEVELS.index(label) + 1 :]
    columns = dict(zip(above, ("parent", "grandparent"), strict=False))
    tree = frame.group_by(label).agg(pl.col(level).mode().sort().first() for level in above)
    named = tree.rename({label: "name", **columns}).sort("name")
    return named if above else named.with_columns(parent=pl.lit(None, pl.String))
