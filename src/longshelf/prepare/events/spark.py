"""Spark: the same expressions on a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import ibis

from longshelf.errors import InputError, missing_extra
from longshelf.prepare.events.engine import Engine, kind_of

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

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
        self._session = _started(master) if session is None else session
        for key, value in (
            ("spark.sql.session.timeZone", "UTC"),
            ("spark.sql.redaction.string.regex", _SECRET),
        ):
            self._session.conf.set(key, value)
        self._work = f"{_address(work).rstrip('/')}/work-{uuid4().hex}"

    @property
    def version(self) -> str:
        return str(self._session.version)

    def read(self, sources: Sequence[str]) -> Table:
        from pyspark.errors import PySparkException

        paths, kind = [_address(one) for one in sources], kind_of(sources)
        reader = self._session.read
        try:
            if kind == "csv":
                frame = reader.option("header", True).csv(paths)
            elif kind == "json":
                frame = reader.json(paths)
            else:
                frame = reader.parquet(*paths)
        except PySparkException as error:
            raise InputError(f"{', '.join(sources)} cannot be read: {error}") from error
        name = self.fresh("files")
        frame.createOrReplaceTempView(name)
        known = {column: _KINDS[kind] for column, kind in frame.dtypes if kind in _KINDS}
        return ibis.table(known, name=name)

    def rows(self, expression: Table) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._session.sql(self.sql(expression)).collect()]

    def keep(self, expression: Table, name: str) -> Table:
        fresh = self.fresh(name)
        path = f"{self._work}/{fresh}"
        self._session.sql(self.typed(expression)).write.parquet(path)
        self._session.read.parquet(path).createOrReplaceTempView(fresh)
        return ibis.table(expression.schema(), name=fresh)

    def forget(self, kept: Table) -> None:
        name = kept.get_name()
        self._session.catalog.dropTempView(name)
        self._delete(f"{self._work}/{name}")

    def write(self, expression: Table, folder: str, by: str | None = None) -> None:
        frame = self._session.sql(self.typed(expression))
        writer = frame.write.mode("overwrite").option("compression", "zstd")
        (writer.partitionBy(by) if by else writer).parquet(_address(folder))

    def close(self) -> None:
        self._delete(self._work)
        if self._own:
            self._session.stop()

    def _delete(self, address: str) -> None:
        """By Hadoop's own client, which knows every address Spark does."""
        context = self._session.sparkContext
        path = context._jvm.org.apache.hadoop.fs.Path(address)
        path.getFileSystem(context._jsc.hadoopConfiguration()).delete(path, True)

    def micros(self, time: Value) -> Value:
        return _unix_micros(time.cast("timestamp('UTC')"))

    def instant(self, micros: Value) -> Value:
        return _timestamp_micros(micros)

    def utf8(self, text: Value) -> Value:
        return _encode(text, "UTF-8")

    def sha256(self, content: Value) -> Value:
        return _sha2(content, 256)


def _address(path: str) -> str:
    """A path with its scheme: without one it lies on this machine, whatever Spark's default is."""
    return path if "://" in path else f"file://{Path(path).absolute()}"


def _started(master: str | None) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise missing_extra("pyspark", "spark", "event logs on Spark") from error
    builder = SparkSession.builder.appName("longshelf prepare")
    if master is not None:
        builder = builder.master(master)
    return builder.getOrCreate()
