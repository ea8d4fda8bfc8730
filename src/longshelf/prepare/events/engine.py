"""What runs the expressions: Ibis writes the SQL, an engine reads, keeps and writes tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from longshelf.errors import InputError

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

__all__ = ["Engine", "kind_of"]

_TYPES = {"int8": "TINYINT", "int32": "INT", "int64": "BIGINT", "string": "STRING"}


class Engine(ABC):
    """A database that speaks a dialect Ibis writes.

    The steps of a preparation are Ibis expressions on named tables. An engine turns one into SQL
    of its dialect and runs it. What the dialects call differently, or Ibis does not know, are the
    four functions at the end.
    """

    name: ClassVar[str]
    dialect: ClassVar[str]
    quote: ClassVar[str]
    zoneless: ClassVar[str]

    @abstractmethod
    def read(self, sources: Sequence[str]) -> Table:
        """The files as one table; nothing is read into memory."""

    @abstractmethod
    def rows(self, expression: Table) -> list[tuple[Any, ...]]:
        """A small result."""

    @abstractmethod
    def keep(self, expression: Table, name: str) -> Table:
        """Compute a table once, in the work folder; the name gets a number, so it is never taken."""

    @abstractmethod
    def forget(self, kept: Table) -> None:
        """Give back the space of a kept table."""

    @abstractmethod
    def write(self, expression: Table, folder: str, by: str | None = None) -> None:
        """Write a table as Parquet files, in a folder per value of ``by`` where it is given."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database and its work folder."""

    @property
    @abstractmethod
    def version(self) -> str:
        """Of the database."""

    @abstractmethod
    def micros(self, time: Value) -> Value:
        """Microseconds since 1970 of a time stamp, as a whole number."""

    @abstractmethod
    def instant(self, micros: Value) -> Value:
        """The time stamp, in UTC and without a zone, of microseconds since 1970."""

    @abstractmethod
    def utf8(self, text: Value) -> Value:
        """The bytes of a text."""

    @abstractmethod
    def sha256(self, content: Value) -> Value:
        """SHA-256 of bytes, as 64 hexadecimal digits."""

    def fresh(self, name: str) -> str:
        """A name no table has."""
        self._made = getattr(self, "_made", 0) + 1
        return f"{name}_{self._made}"

    def sql(self, expression: Table) -> str:
        """The expression in the engine's dialect."""
        import ibis

        return str(ibis.to_sql(expression, dialect=self.dialect))

    def typed(self, expression: Table) -> str:
        """The same, each column cast to the type Ibis says it has: engines widen sums."""
        types = {**_TYPES, "timestamp": self.zoneless}
        shown = []
        for name, kind in expression.schema().items():
            quoted = f"{self.quote}{name}{self.quote}"
            to = types[str(kind).removeprefix("!").partition("(")[0]]
            shown.append(f"CAST({quoted} AS {to}) AS {quoted}")
        return f"SELECT {', '.join(shown)} FROM ({self.sql(expression)}) AS t"


def kind_of(sources: Sequence[str]) -> str:
    """The format the names of files state: parquet, csv or json; a folder holds Parquet.

    Raises
    ------
    InputError
        If they differ.

    Examples
    --------
    >>> kind_of(["log.csv.gz"]), kind_of(["events/2024/*.parquet"]), kind_of(["clicks.jsonl"])
    ('csv', 'parquet', 'json')
    """
    kinds = sorted({_kind(source) for source in sources})
    if len(kinds) != 1:
        raise InputError(f"the files of a log are of one format; got {' and '.join(kinds)}")
    return kinds[0]


def _kind(source: str) -> str:
    bare = source.lower().removesuffix(".gz").removesuffix(".zst")
    if bare.endswith((".csv", ".txt")):
        return "csv"
    if bare.endswith((".jsonl", ".ndjson", ".json")):
        return "json"
    return "parquet"
