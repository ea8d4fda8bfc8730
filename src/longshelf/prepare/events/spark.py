"""Spark: the same expressions on a cluster."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import ibis  # type: ignore[import-untyped]

from longshelf.errors import InputError, missing_extra
from longshelf.prepare.events.engine import Engine, kind_of

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value  # type: ignore[import-untyped]

__all__ = ["Spark"]

_KINDS = {
    "tinyint": "int8", "smallint": "int16", "int": "int32", "bigint": "int64",
    "float": "float32", "double": "float64", "string": "string", "boolean": "boolean",
    "date": "date", "timestamp": "timestamp('UTC')", "timestamp_ntz": "timestamp",
}  # fmt: skip

_SECRET = "[0-9a-fA-F]{128}"
"""A padded key as it would stand in a plan; Spark shows a star instead."""


@ibis.udf.scalar.builtin(name="unix_micros", signature=(("timestamp('UTC')",), "int64"))
def _unix_micros(time): ...  # type: ignore[no-untyped-def]


@ibis.udf.scalar.builtin(name="timestamp_micros", signature=(("int64",), "timestamp"))
def _timestamp_micros(micros): ...  # type: ignore[no-untyped-def]


@ibis.udf.scalar.builtin(name="encode")  # type: ignore[untyped-decorator]
def _encode(text: str, charset: str) -> bytes: ...  # type: ignore[empty-body]


@ibis.udf.scalar.builtin(name="sha2")  # type: ignore[untyped-decorator]
def _sha2(content: bytes, bits: int) -> str: ...  # type: ignore[empty-body]


class Spark(Engine):
    """Preparation on a cluster, or on a local Spark.

    Parameters
    ----------
    work : str
        A folder every machine of the cluster reaches; what is made in it is deleted on closing.
    master : str, optional
        Where the cluster is, as ``spark://host:7077`` or ``local[4]``; by default what
        ``spark-submit`` or the environment says, else this machine.
    session : pyspark.sql.SparkSession, optional
        An open session to use; it is left open.
    """

    name: ClassVar[str] = "spark"
    dialect: ClassVar[str] = "pyspark"
    quote: ClassVar[str] = "`"
    zoneless: ClassVar[str] = "TIMESTAMP_NTZ"

    def __init__(self, work: str, master: str | None = None, session: Any = None) -> None:
        self._own = session is None
        self._views = 0
        self._session = _started(master) if session is None else session
        for key, value in (
            ("spark.sql.session.timeZone", "UTC"),
            ("spark.sql.redaction.string.regex", _SECRET),
        ):
            self._session.conf.set(key, value)
        self._local = "://" not in work
        if self._local:
            Path(work).mkdir(parents=True, exist_ok=True)
            work = tempfile.mkdtemp(prefix="work-", dir=str(Path(work).resolve()))
        else:
            work = f"{work.rstrip('/')}/work-{uuid4().hex}"
        self._work = work

    @property
    def version(self) -> str:
        return str(self._session.version)

    def read(self, sources: Sequence[str]) -> Table:
        from pyspark.errors import PySparkException

        paths = [str(Path(one).resolve()) if "://" not in one else one for one in sources]
        reader = self._session.read
        kind = kind_of(sources[0])
        try:
            if kind == "csv":
                frame = reader.option("header", True).csv(paths)
            elif kind == "json":
                frame = reader.json(paths)
            else:
                frame = reader.parquet(*paths)
        except PySparkException as error:
            raise InputError(f"{', '.join(sources)} cannot be read: {error}") from error
        self._views += 1
        name = f"files_{self._views}"
        frame.createOrReplaceTempView(name)
        known = {column: _KINDS[kind] for column, kind in frame.dtypes if kind in _KINDS}
        return ibis.table(known, name=name)

    def rows(self, expression: Table) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._session.sql(self.sql(expression)).collect()]

    def keep(self, expression: Table, name: str) -> Table:
        path = f"{self._work}/{name}"
        self._session.sql(self.typed(expression)).write.mode("overwrite").parquet(path)
        self._session.read.parquet(path).createOrReplaceTempView(name)
        return ibis.table(expression.schema(), name=name)

    def forget(self, name: str) -> None:
        self._session.catalog.dropTempView(name)
        if self._local:
            shutil.rmtree(f"{self._work}/{name}", ignore_errors=True)

    def write(self, expression: Table, folder: str, by: str | None = None) -> None:
        frame = self._session.sql(self.typed(expression))
        writer = frame.write.mode("overwrite").option("compression", "zstd")
        path = str(Path(folder).resolve()) if "://" not in folder else folder
        (writer.partitionBy(by) if by else writer).parquet(path)

    def close(self) -> None:
        if self._local:
            shutil.rmtree(self._work, ignore_errors=True)
        if self._own:
            self._session.stop()

    def micros(self, time: Value) -> Value:
        return _unix_micros(time.cast("timestamp('UTC')"))

    def instant(self, micros: Value) -> Value:
        return _timestamp_micros(micros)

    def utf8(self, text: Value) -> Value:
        return _encode(text, "UTF-8")

    def sha256(self, content: Value) -> Value:
        return _sha2(content, 256)


def _started(master: str | None) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise missing_extra("pyspark", "spark", "event logs on Spark") from error
    builder = SparkSession.builder.appName("longshelf prepare")
    if master is not None:
        builder = builder.master(master)
    return builder.getOrCreate()
