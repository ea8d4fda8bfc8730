"""A local Spark gives what DuckDB gives: the same expressions, the same rows."""

import shutil

import polars as pl
import pytest

pytest.importorskip("ibis")
pytest.importorskip("duckdb")
pytest.importorskip("pyspark")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java", allow_module_level=True)

from longshelf.errors import InputError
from longshelf.prepare.events import Columns, Preparation, Spark, prepare_events

pytestmark = [pytest.mark.slow, pytest.mark.cluster]
COLUMNS = Columns(user="who", item="what", time="when", only={"event": ("buy", "view")})


@pytest.fixture(scope="module")
def session():
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "1")
    started = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    yield started
    started.stop()


def iso(frame):
    """The same log with times as ISO texts, and faults among them."""
    stamp = pl.from_epoch("when").dt.to_string("%Y-%m-%dT%H:%M:%SZ")
    return frame.with_columns(when=pl.when(pl.col("when") > 0).then(stamp).otherwise(pl.lit("?")))


@pytest.mark.parametrize(
    ("file", "choices"),
    [
        ("log.parquet", {"gap": 5, "key": b"k" * 20}),
        ("log.csv", {"split": "leave_last_out", "repeats": "pair", "k": 2}),
    ],
)
def test_both_engines_write_the_same(duck, session, tmp_path, raw_log, tables, file, choices):
    path = tmp_path / file
    if file.endswith("csv"):
        iso(raw_log()).write_csv(path)
    else:
        raw_log().write_parquet(path)
    plan = Preparation(columns=COLUMNS, **choices)
    spark = Spark(str(tmp_path / "spark_work"), session=session)
    accounts = {
        engine.name: prepare_events([str(path)], str(tmp_path / engine.name), plan, engine)
        for engine in (duck, spark)
    }
    spark.close()
    assert list((tmp_path / "spark_work").glob("*")) == []
    here, there = tables(tmp_path / "duckdb"), tables(tmp_path / "spark")
    assert here["interactions"].height > 300
    for name, frame in here.items():
        assert frame.schema == there[name].schema
        assert frame.equals(there[name])
    told, same = (accounts[name].as_dict() for name in ("duckdb", "spark"))
    for key in ("source", "core", "split", "users", "warnings"):
        assert told[key] == same[key]
    assert [s["rows"] for s in told["steps"]] == [s["rows"] for s in same["steps"]]


def test_a_file_that_is_not_there(session, tmp_path):
    spark = Spark(str(tmp_path), session=session)
    with pytest.raises(InputError, match="cannot be read"):
        spark.read([str(tmp_path / "none.parquet")])
    spark.close()
