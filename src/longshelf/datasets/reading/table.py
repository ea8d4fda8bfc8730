"""One table out of a file or out of another library's frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from longshelf.datasets.packed import inner_name, unpacked
from longshelf.datasets.reading.careful import rejected_frame
from longshelf.datasets.reading.delimited import read_delimited
from longshelf.datasets.reading.encoding import decoded
from longshelf.datasets.reading.json_table import read_json, read_json_lines
from longshelf.datasets.reading.names import unique_names
from longshelf.datasets.reading.types import typed
from longshelf.errors import InputError, missing_extra

__all__ = ["FORMATS", "Table", "read_table"]

FORMATS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json",
    ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "excel", ".xls": "excel", ".xlsb": "excel", ".ods": "excel",
}  # fmt: skip
MAGIC = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\x1f\x8b": "a gzip file",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x89PNG": "a picture",
    b"%PDF": "a PDF document",
    b"SQLite format": "an SQLite database",
}


@dataclass(frozen=True)
class Table:
    """What was read.

    Parameters
    ----------
    frame : polars.DataFrame
        Numbers, booleans, times and strings; missing is null.
    findings : tuple of str
        What had to be decided.
    rejected : polars.DataFrame
        Lines set aside: line, reason, content.
    """

    frame: pl.DataFrame
    findings: tuple[str, ...]
    rejected: pl.DataFrame


def read_table(
    source: Any, *, header: bool | None = None, named: frozenset[str] = frozenset()
) -> Table:
    """Read a file, or take another library's table.

    Parameters
    ----------
    source : path, or pandas, Polars or Arrow table
        The ending tells the format: csv, tsv, jsonl, json, parquet or Excel, also in gz or zip.
    header : bool or None
        For CSV and TSV: whether the first line names the columns; None decides.
    named : frozenset of str
        Columns known to exist, which helps that decision.

    Raises
    ------
    InputError
        No such file, unknown ending, empty or damaged content, or no table at all.
    """
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        try:
            frame, findings, rejected = _from_file(path, header, named)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
    else:
        frame, findings, rejected = _from_frame(source)
    names, said = unique_names(frame.columns)
    frame, decided = typed(frame.rename(dict(zip(frame.columns, names, strict=True))))
    if not frame.height:
        raise InputError("the table has no rows")
    return Table(frame, (*findings, *said, *decided), rejected)


def _from_file(
    path: Path, header: bool | None, named: frozenset[str]
) -> tuple[pl.DataFrame, list[str], pl.DataFrame]:
    if not path.is_file():
        near = sorted(other.name for other in path.parent.glob(f"{path.stem[:3]}*"))[:5]
        what = "is a folder" if path.is_dir() else "there is no such file"
        raise InputError(f"{what}; name a table file" + (f", near by: {near}" if near else ""))
    kind = FORMATS.get(Path(inner_name(path)).suffix.lower())
    if kind is None:
        raise InputError(
            f"the ending {Path(inner_name(path)).suffix!r} is not known; readable are "
            f"{', '.join(FORMATS)}, also packed as .gz or .zip"
        )
    content = unpacked(path)
    if not content:
        raise InputError("the file is empty")
    if kind in ("parquet", "excel"):
        return _binary(content, kind)
    for magic, what in MAGIC.items():
        if content.startswith(magic):
            raise InputError(f"the file is {what}, whatever its ending says; rename or export it")
    text, findings = decoded(content)
    if kind in ("csv", "tsv"):
        frame, said, rejected = read_delimited(text, tabs=kind == "tsv", header=header, named=named)
    else:
        frame, said, rejected = (read_json_lines if kind == "jsonl" else read_json)(text)
    return frame, [*findings, *said], rejected


def _binary(content: bytes, kind: str) -> tuple[pl.DataFrame, list[str], pl.DataFrame]:
    reader: Callable[[BytesIO], tuple[pl.DataFrame, list[str]]]
    reader = _excel if kind == "excel" else lambda stream: (pl.read_parquet(stream), [])
    try:
        frame, findings = reader(BytesIO(content))
    except (pl.exceptions.PolarsError, ValueError, OSError) as error:
        raise InputError(f"cannot read it as {kind}: {error}; the file is damaged") from error
    return frame, findings, rejected_frame([])


def _excel(stream: BytesIO) -> tuple[pl.DataFrame, list[str]]:
    try:
        import fastexcel
    except ImportError as error:
        raise missing_extra("fastexcel", "excel", "Excel files") from error
    try:
        book = fastexcel.read_excel(stream.getvalue())
        sheets = book.sheet_names
        frame = _whole(pl.DataFrame(book.load_sheet(0)))
    except fastexcel.FastExcelError as error:
        raise ValueError(str(error)) from error
    findings = []
    if len(sheets) > 1:
        findings.append(f"the workbook has {len(sheets)} sheets; the first, {sheets[0]!r}, is read")
    return frame, findings


def _whole(frame: pl.DataFrame) -> pl.DataFrame:
    """Workbooks know no whole numbers: a column without fractions becomes one."""
    numbers = frame.select(pl.selectors.float())
    whole = [
        column.name
        for column in numbers
        if column.is_finite().all() and bool((column == column.round()).all())
    ]
    return frame.with_columns(pl.col(whole).cast(pl.Int64))


def _from_frame(source: Any) -> tuple[pl.DataFrame, list[str], pl.DataFrame]:
    import narwhals as nw

    if isinstance(source, pl.LazyFrame):
        source = source.collect()
    try:
        frame = nw.from_native(source, eager_only=True)
        if not isinstance(frame, nw.DataFrame):
            raise TypeError("a column, not a table")
        return frame.to_polars(), [], rejected_frame([])
    except TypeError as error:
        raise InputError(
            f"cannot read a table from {type(source).__name__}: {error}; "
            "give a path, or a pandas, Polars or Arrow table"
        ) from error
    except (nw.exceptions.NarwhalsError, ValueError, pl.exceptions.PolarsError) as error:
        raise InputError(f"cannot take the {type(source).__name__} as a table: {error}") from error
