"""DuckDB: in this process, larger than memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import ibis

from longshelf.errors import InputError, Unavailable, missing_extra
from longshelf.prepare.events.engine import Engine, kind_of

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

__all__ = ["DuckDb"]

_READ = {
    "parquet": "read_parquet({files}, union_by_name = true, hive_partitioning = true)",
    "csv": "read_csv({files}, header = true, all_varchar = true, union_by_name = true)",
    "json": "read_json({files}, format = 'newline_delimited', union_by_name = true)",
}


@ibis.udf.scalar.builtin(name="epoch_us")  # type: ignore[untyped-decorator]
def _epoch_us(time) -> int: ...  # type: ignore[no-untyped-def, empty-body]


@ibis.udf.scalar.builtin(name="make_timestamp", signature=(("int64",), "timestamp"))
def _make_timestamp(micros): ...  # type: ignore[no-untyped-def]


@ibis.udf.scalar.builtin(name="encode")  # type: ignore[untyped-decorator]
def _encode(text: str) -> bytes: ...  # type: ignore[empty-body]


@ibis.udf.scalar.builtin(name="sha256")  # type: ignore[untyped-decorator]
def _sha256(content: bytes) -> str: ...  # type: ignore[empty-body]


class DuckDb(Engine):
    """Preparation on one machine.

    Tables that are kept lie in a database file of the work folder, compressed; what a sort, a join
    or a count does not fit into ``memory`` is spilled there.

    Parameters
    ----------
    work : path
        A folder on a roomy disk; what is made in it is deleted on closing.
    memory : str, default "2GB"
        The most DuckDB holds at a time; the process takes some hundred MB more.
    threads : int, optional
        By default as many as the machine has cores.
    """

    name: ClassVar[str] = "duckdb"
    dialect: ClassVar[str] = "duckdb"
    quote: ClassVar[str] = '"'
    zoneless: ClassVar[str] = "TIMESTAMP"

    def __init__(self, work: str, memory: str = "2GB", threads: int | None = None) -> None:
        try:
            import duckdb
        except ImportError as error:
            raise missing_extra("duckdb", "prepare", "event logs") from error
        Path(work).mkdir(parents=True, exist_ok=True)
        self._work = Path(tempfile.mkdtemp(prefix="work-", dir=work))
        self._error = duckdb.Error
        settings: dict[str, Any] = {
            "memory_limit": memory,
            "temp_directory": str(self._work / "spill"),
            "preserve_insertion_order": False,
        }
        if threads is not None:
            settings["threads"] = threads
        try:
            self._db = duckdb.connect(str(self._work / "work.duckdb"), config=settings)
        except duckdb.Error as error:
            shutil.rmtree(self._work, ignore_errors=True)
            raise InputError(f"DuckDB does not start: {error}") from error
        self._db.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")

    @property
    def version(self) -> str:
        import duckdb

        return str(duckdb.__version__)

    def read(self, sources: Sequence[str]) -> Table:
        found = [
            f"{one.rstrip('/')}/**/*.parquet" if Path(one).is_dir() else one for one in sources
        ]
        files = "[" + ", ".join(_quoted(one) for one in found) + "]"
        reader = _READ[kind_of(sources)].format(files=files)
        try:
            empty = self._db.sql(f"SELECT * FROM {reader} LIMIT 0").to_arrow_table()
        except self._error as error:
            raise InputError(f"{', '.join(sources)} cannot be read: {error}") from error
        name = self.fresh("files")
        self._db.execute(f"CREATE VIEW {name} AS SELECT * FROM {reader}")
        return ibis.table(ibis.Schema.from_pyarrow(empty.schema), name=name)

    def rows(self, expression: Table) -> list[tuple[Any, ...]]:
        return list(self._run(self.sql(expression)).fetchall())

    def keep(self, expression: Table, name: str) -> Table:
        fresh = self.fresh(name)
        self._run(f"CREATE TABLE {fresh} AS {self.typed(expression)}")
        return ibis.table(expression.schema(), name=fresh)

    def forget(self, kept: Table) -> None:
        self._db.execute(f"DROP TABLE {kept.get_name()}")

    def write(self, expression: Table, folder: str, by: str | None = None) -> None:
        options = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, OVERWRITE true"
        options += f", PARTITION_BY ({by})" if by else ", PER_THREAD_OUTPUT true"
        Path(folder).parent.mkdir(parents=True, exist_ok=True)
        self._run(f"COPY ({self.typed(expression)}) TO {_quoted(folder)} ({options})")

    def _run(self, sql: str) -> Any:
        try:
            return self._db.execute(sql)
        except self._error as error:
            raise Unavailable(
                f"DuckDB gave up: {error}; more memory (--memory) or a roomier work folder "
                "(--work) may help"
            ) from error

    def close(self) -> None:
        self._db.close()
        shutil.rmtree(self._work, ignore_errors=True)

    def micros(self, time: Value) -> Value:
        return _epoch_us(time)

    def instant(self, micros: Value) -> Value:
        return _make_timestamp(micros)

    def utf8(self, text: Value) -> Value:
        return _encode(text)

    def sha256(self, content: Value) -> Value:
        return _sha256(content)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
