"""Expansion of a file: rows for rare classes, written class by class, gone on with after a stop."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from longshelf.cache import digest
from longshelf.components import show
from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.generators import Corpus, Generator
from longshelf.generators.amounts import Amount, missing
from longshelf.generators.editor import Editor, Written, name_of
from longshelf.generators.filters import Filter
from longshelf.generators.leaks import HeldOut
from longshelf.generators.ledger import Ledger
from longshelf.generators.provenance import (
    GENERATOR,
    ORIGIN,
    SCORE,
    SEED,
    SOURCES,
    generated,
    provenance,
)
from longshelf.splits.published import NAMES
from longshelf.tables import Dataset

__all__ = ["Order", "Progress", "expand_file"]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be written: all that decides the bytes of the file, beside the data.

    Parameters
    ----------
    generator : Generator
    to : int, multiple or "balance"
        As in :class:`~longshelf.strategies.Expand`.
    filters : tuple of Filter
    column : str or None, default None
        The text to write; None is the text column with the longest texts.
    split : str, default "split"
        If the data have this column and it says train, valid and test, rows of train alone are
        read, and what is nearly a text of the others is dropped.
    seed : int, default 0
    tries : int, default 10
        Rounds of asking.
    """

    generator: Generator
    to: Amount
    filters: tuple[Filter, ...] = ()
    column: str | None = None
    split: str = "split"
    seed: int = 0
    tries: int = 10


class Progress(NamedTuple):
    """Where the work stands: classes done of all, rows written of those asked, the class at hand."""

    classes: int
    of_classes: int
    rows: int
    of_rows: int
    name: str


def expand_file(
    dataset: Dataset,
    order: Order,
    output: Path,
    heard: Callable[[Progress], None] = lambda progress: None,
) -> Ledger:
    """Write new rows for the classes of a data set to a Parquet file, a row group per class.

    Each class is written to a folder beside the file as soon as it is done; called again after a
    stop, the finished ones are taken from there, and the file comes out the same. A row has the
    columns of the data, those but the text copied from the row it started from, and says where it
    comes from: ``origin`` and ``generator``, ``generator_seed``, ``source_rows`` (numbers of rows as
    read, from 0; none where it was made from its class at large) and the score of each filter.

    Parameters
    ----------
    dataset : Dataset
        With a label and a text column.
    order : Order
        What to write.
    output : Path
        Must not exist.
    heard : callable
        Told how far it is.

    Returns
    -------
    Ledger

    Raises
    ------
    InputError
        If the file exists, the folder beside it belongs to another order, or a column is missing.
    NotApplicable
        If the data have no text.
    """
    frame = dataset.rows.with_row_index("__row")
    column, label = _column(dataset, order), _label(dataset)
    _free(frame, order, output)
    train, held = _parts(frame, order)
    names = train[label].cast(pl.String).unique().sort().to_list()
    code = train[label].cast(pl.String).replace_strict(names, range(len(names))).to_numpy()
    texts = train[column].cast(pl.String).fill_null("").to_list()
    inputs = train.select(name for name in dataset.schema.inputs if name != column)
    corpus = Corpus(texts=texts, code=code.astype(np.int64), names=names, inputs=inputs)
    counts = np.bincount(corpus.code, minlength=len(names)).astype(float)
    wanted = missing(order.to, counts, counts)
    folder = _folder(dataset, order, output)
    press = _Press(dataset, order, train, column, corpus, HeldOut(held[column].to_list()), folder)
    ledger = press.run(wanted, heard)
    _together([press.file(target) for target in wanted], press.empty, output)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    return ledger


def _label(dataset: Dataset) -> str:
    if not dataset.schema.label:
        raise InputError(f"{dataset.name!r} names no label to expand by; say --label COLUMN")
    return dataset.schema.label[0]


def _column(dataset: Dataset, order: Order) -> str:
    text = dataset.schema.text
    if order.column is not None:
        if order.column not in text:
            raise unknown("text column", order.column, text)
        return order.column
    if not text:
        raise NotApplicable(f"{dataset.name!r} has no text column; say which with --text COLUMN")
    lengths = dataset.rows.select(pl.col(text).cast(pl.String).str.len_chars().mean().fill_null(0))
    return text[int(np.argmax(lengths.row(0)))]


def _free(frame: pl.DataFrame, order: Order, output: Path) -> None:
    """Refuse an output that is there, and data whose columns would be written over."""
    if output.suffix != ".parquet":
        raise InputError(
            f"the output is written as Parquet, got {output.name!r}; call it *.parquet"
        )
    if output.exists():
        raise InputError(f"{output} exists; delete it, or give another name with -o")
    ours = {ORIGIN, GENERATOR, SEED, SOURCES, *(SCORE + name_of(one) for one in order.filters)}
    taken = sorted((ours & set(frame.columns)) - set(provenance(frame)))
    if taken:
        raise InputError(
            f"the columns {', '.join(taken)} of the data are those that tell where generated rows "
            "come from; rename them first"
        )


def _parts(frame: pl.DataFrame, order: Order) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Observed rows to learn from, and those held out."""
    observed = frame.filter(pl.Series(~generated(frame)))
    if order.split not in frame.columns or observed[order.split].dtype != pl.String:
        return observed, observed.clear()
    part = observed[order.split].str.to_lowercase()
    if not part.is_in(list(NAMES)).all() or not (part == "train").any():
        return observed, observed.clear()
    return observed.filter(part == "train"), observed.filter(part != "train")


def _folder(dataset: Dataset, order: Order, output: Path) -> Path:
    """The folder of finished classes, new or of the same order."""
    folder = output.with_name(output.name + ".parts")
    told = {name: str(value) for name, value in asdict(order).items()}
    told |= {"generator": show(order.generator), "filters": show(order.filters)}
    about = {"data": digest(dataset.fingerprint), "order": told}
    noted = folder / "about.json"
    if noted.exists():
        before = json.loads(noted.read_text(encoding="utf-8"))
        if before != about:
            raise InputError(
                f"{folder} holds unfinished work with other data or arguments "
                f"({before.get('order')}); repeat those to go on with it, or delete the folder"
            )
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    _written(noted, json.dumps(about, ensure_ascii=False, indent=1).encode())
    return folder


def _written(path: Path, content: bytes) -> None:
    """A file that is whole or absent."""
    beside = path.with_suffix(".tmp")
    beside.write_bytes(content)
    os.replace(beside, path)


@dataclass
class _Press:
    """Writes the classes one after another."""

    dataset: Dataset
    order: Order
    train: pl.DataFrame
    column: str
    corpus: Corpus
    held: HeldOut
    folder: Path

    def run(self, wanted: dict[int, int], heard: Callable[[Progress], None]) -> Ledger:
        """Every class that lacks rows, each with a stream of its own."""
        total, done = Ledger(), 0
        editor: Editor | None = None
        for at, (code, count) in enumerate(wanted.items()):
            heard(Progress(at, len(wanted), done, sum(wanted.values()), self._name(code)))
            if not self.file(code).exists():
                editor = editor or self._editor(list(wanted)[:at])
                self._write(editor, code, count)
            total.add(json.loads(self._noted(code).read_text(encoding="utf-8")))
            done = sum(total.delivered.values())
        heard(Progress(len(wanted), len(wanted), done, sum(wanted.values()), ""))
        return total

    def file(self, code: int) -> Path:
        """Where the rows of a class are kept until all are done."""
        return self.folder / f"{code:06d}.parquet"

    @property
    def empty(self) -> pl.DataFrame:
        """The columns of the file."""
        return self._rows(Written(scores={name_of(one): [] for one in self.order.filters}))

    def _noted(self, code: int) -> Path:
        return self.folder / f"{code:06d}.json"

    def _name(self, code: int) -> str:
        return self.corpus.names[code]

    def _editor(self, before: list[int]) -> Editor:
        """Generator and filters, fitted; what was written before a stop is known."""
        said = [pl.read_parquet(self.file(code), columns=[self.column]) for code in before]
        known = [text for frame in said for text in frame[self.column]]
        rng = np.random.default_rng([self.order.seed, 0])
        order = self.order
        return Editor(order.generator, order.filters, self.corpus, rng, known, order.tries)

    def _write(self, editor: Editor, code: int, count: int) -> None:
        ledger = Ledger()
        rng = np.random.default_rng([self.order.seed, 1, code])
        written = editor.write({code: count}, ledger, rng)
        why = self.held.near(written.texts)
        for reason in why[why != ""].tolist():
            ledger.take_back(self._name(code), f"held out: {reason}")
        rows = self._rows(written).filter(pl.Series(why == "", dtype=pl.Boolean))
        _written(self._noted(code), json.dumps(ledger.as_dict()).encode())
        beside = self.file(code).with_suffix(".tmp")
        rows.write_parquet(beside)
        os.replace(beside, self.file(code))

    def _rows(self, written: Written) -> pl.DataFrame:
        """Copies of the rows the texts started from, with the texts and what is known of them."""
        n, schema = len(written.texts), self.dataset.schema
        copied = self.train[np.array(written.seeds, dtype=np.int64)]
        told = [name for name in provenance(copied) if name in copied.columns]
        numbers = self.train["__row"].to_list()
        columns: list[Any] = [pl.Series(self.column, written.texts, dtype=pl.String)]
        if schema.id is not None:
            columns.append(pl.lit(None, copied.schema[schema.id]).alias(schema.id))
        sources = [[numbers[at] for at in rows] for rows in written.sources]
        columns += [
            pl.Series(ORIGIN, [name_of(self.order.generator)] * n, dtype=pl.String),
            pl.Series(GENERATOR, [show(self.order.generator)] * n, dtype=pl.String),
            pl.Series(SEED, [self.order.seed] * n, dtype=pl.Int64),
            pl.Series(SOURCES, sources, dtype=pl.List(pl.Int64)),
            *(pl.Series(SCORE + k, v, dtype=pl.Float64) for k, v in written.scores.items()),
        ]
        return copied.drop("__row", *told).with_columns(columns)


def _together(parts: list[Path], empty: pl.DataFrame, output: Path) -> None:
    """One file of many, a row group each."""
    import pyarrow.parquet as pq

    beside = output.with_name(output.name + ".tmp")
    schema = empty.to_arrow().schema
    with pq.ParquetWriter(beside, schema) as file:
        for table in _tables(parts):
            file.write_table(table.cast(schema), row_group_size=max(len(table), 1))
    os.replace(beside, output)


def _tables(parts: list[Path]) -> Iterator[Any]:
    for path in parts:
        rows = pl.read_parquet(path)
        if rows.height:
            yield rows.to_arrow()
