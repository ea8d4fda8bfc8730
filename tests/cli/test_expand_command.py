"""``longshelf expand``: what the file holds, that a stop costs nothing, and what is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import longshelf as ls
from longshelf import expansion
from longshelf.cli import app as command
from longshelf.components import build
from longshelf.errors import InputError, LongShelfError, NotApplicable
from longshelf.expansion import Order, expand_file
from longshelf.generators import Draft, Generator
from longshelf.generators.provenance import generated


@pytest.fixture(scope="module")
def frame():
    rows = ls.load("marketplace(items=500, imbalance=25)").rows.select("item", "title", "category")
    part = np.random.default_rng(0).choice(["train", "valid", "test"], 500, p=[0.7, 0.1, 0.2])
    return rows.rename({"item": "id"}).with_columns(split=pl.Series(part), price=pl.lit(9.5))


@pytest.fixture
def shop(tmp_path, frame):
    path = tmp_path / "shop.csv"
    frame.write_csv(path)
    return path


def order(**more):
    given = {"generator": build("generator", "ngram"), "to": 20, **more}
    return Order(**given)


def run(*arguments):
    done = CliRunner().invoke(command.app, ["expand", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_rows_of_rare_classes_are_written_with_where_they_come_from(shop, frame, tmp_path):
    out = tmp_path / "more.parquet"
    said = run(shop, "--generator", "eda(alpha=0.2)", "--to", "30-per-class", "-o", out,
               "--filter", "length", "--label", "category", "--text", "title")  # fmt: skip
    more = pl.read_parquet(out)
    assert more.columns == [*frame.columns, "origin", "generator", "generator_seed",
                            "source_rows", "score_length"]  # fmt: skip
    train = frame.filter(pl.col("split") == "train")
    counts = dict(train.group_by("category").len().iter_rows())
    made = dict(more.group_by("category").len().iter_rows())
    asked = {name: 30 - n for name, n in counts.items() if n < 30}
    assert set(made) <= set(asked)
    assert all(made.get(name, 0) <= n for name, n in asked.items())
    assert more.height > 0.8 * sum(asked.values())
    assert not set(more["title"]) & set(train["title"])
    assert more["split"].unique().to_list() == ["train"]
    assert more["id"].null_count() == more.height
    assert more["price"].unique().to_list() == [9.5]
    assert more["generator"].unique().to_list() == ["eda(alpha=0.2)"]
    for row in more.head(40).iter_rows(named=True):
        source = frame.row(row["source_rows"][0], named=True)
        assert (source["category"], source["split"]) == (row["category"], "train")
        assert row["score_length"] == len(row["title"].split())
    assert pq.ParquetFile(out).num_row_groups == len(made)
    assert f"{more.height} of {sum(asked.values())} rows for {len(asked)} classes" in said
    assert "held out: " in said
    assert "cost: none, local" in said
    assert not out.with_name("more.parquet.parts").exists()


@pytest.mark.parametrize(("to", "rows"), [("2x", 2.0), ("0.5x", 0.5), ("balance", None)])
def test_amounts_are_those_of_the_strategy(shop, frame, tmp_path, to, rows):
    run(shop, "--generator", "duplicate", "--to", to, "-o", tmp_path / "m.parquet",
        "--split", "none", "--label", "category")  # fmt: skip
    made = pl.read_parquet(tmp_path / "m.parquet").group_by("category").len()
    counts = frame.group_by("category").len()
    both = counts.join(made, on="category", how="left", suffix="_made").fill_null(0)
    if rows is None:
        assert (both["len"] + both["len_made"]).unique().to_list() == [counts["len"].max()]
    else:
        assert both["len_made"].to_list() == [int(rows * n + 0.5) for n in both["len"]]


def test_what_is_nearly_held_out_is_dropped(frame, tmp_path):
    held = frame.filter(pl.col("split") == "test")
    leaky = frame.with_columns(
        title=pl.when(pl.col("split") == "train")
        .then(pl.lit(held["title"][0].upper()))
        .otherwise("title")
    )
    copied = order(generator=build("generator", "duplicate"), to="1x")
    ledger = expand_file(
        ls.load(leaky, label="category", text=("title",)), copied, tmp_path / "m.parquet"
    )
    assert list(ledger.reasons) == ["held out: equal"]
    assert pl.read_parquet(tmp_path / "m.parquet").height == 0
    assert ledger.delivered.total() == 0


@dataclass(frozen=True, kw_only=True)
class Fragile(Generator):
    """Copies, and breaks down when it has been asked often enough."""

    abstract: ClassVar[bool] = False
    left: ClassVar[list[int]] = [10**6]
    seen: ClassVar[list[float]] = []

    def fit(self, corpus, rng):
        self.seen.append(float(rng.random()))
        self.corpus_texts[:] = corpus.texts
        return self

    corpus_texts: ClassVar[list[str]] = []

    def write(self, seeds, rng):
        self.left[0] -= 1
        if self.left[0] < 0:
            raise KeyboardInterrupt
        return [Draft(f"{self.corpus_texts[s]} {rng.integers(3)}", (int(s),)) for s in seeds]


def test_a_stop_costs_nothing_and_the_file_is_the_same(frame, tmp_path, monkeypatch):
    data = ls.load(frame, label="category", text=("title",))
    asked = order(generator=Fragile(), to=40, tries=4, filters=(build("filter", "near_duplicate"),))
    whole = expand_file(data, asked, tmp_path / "whole.parquet")
    stopped = tmp_path / "stopped.parquet"
    monkeypatch.setattr(Fragile, "left", [30])
    with pytest.raises(KeyboardInterrupt):
        expand_file(data, asked, stopped)
    assert not stopped.exists()
    done = sorted(p.name for p in (tmp_path / "stopped.parquet.parts").glob("*.parquet"))
    assert len(done) > 3
    monkeypatch.setattr(Fragile, "left", [10**6])
    heard = []
    again = expand_file(data, asked, stopped, heard.append)
    assert stopped.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert again.as_dict() == whole.as_dict()
    assert heard[-1].classes == heard[-1].of_classes == len(whole.asked)
    assert heard[-1].rows == whole.delivered.total()
    assert len(set(Fragile.seen)) == 1
    other = order(generator=Fragile(), to=40, seed=1)
    (tmp_path / "stopped.parquet").unlink()
    monkeypatch.setattr(Fragile, "left", [5])
    with pytest.raises(KeyboardInterrupt):
        expand_file(data, asked, stopped)
    with pytest.raises(InputError, match=r"other data or arguments.*delete the folder"):
        expand_file(data, other, stopped)


def test_another_seed_writes_another_file(frame, tmp_path):
    data = ls.load(frame, label="category", text=("title",))
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        expand_file(data, order(seed=seed), tmp_path / f"{name}.parquet")
    a, b, c = ((tmp_path / f"{name}.parquet").read_bytes() for name in "abc")
    assert a == b != c


def test_merged_rows_are_taken_for_what_they_are(frame, tmp_path):
    data = ls.load(frame, label="category", text=("title",))
    expand_file(data, order(), tmp_path / "more.parquet")
    merged = pl.concat([frame, pl.read_parquet(tmp_path / "more.parquet")], how="diagonal")
    assert generated(merged).sum() == merged.height - frame.height
    own = ls.load(merged, label="category", text=("title",))
    with pytest.raises(InputError, match="generated rows"):
        ls.fit(own, model="prior", features="nothing")
    ls.fit(own, split="published", model="prior", features="nothing")
    again = expand_file(own, order(), tmp_path / "again.parquet")
    assert again.as_dict() == expand_file(data, order(), tmp_path / "same.parquet").as_dict()


def test_what_would_harm_is_refused(shop, frame, tmp_path):
    with pytest.raises(InputError, match="is the input"):
        run(shop, "-o", shop)
    with pytest.raises(InputError, match=r"call it \*.parquet"):
        run(shop, "-o", tmp_path / "more.csv", "--label", "category")
    (tmp_path / "there.parquet").touch()
    with pytest.raises(InputError, match="exists; delete it"):
        run(shop, "-o", tmp_path / "there.parquet", "--label", "category")
    with pytest.raises(InputError, match="'2x', or 'balance'; got 'many'"):
        run(shop, "-o", tmp_path / "more.parquet", "--to", "many")
    with pytest.raises(InputError, match="did you mean 'ngram'"):
        run(shop, "-o", tmp_path / "more.parquet", "--generator", "ngrams")
    with pytest.raises(LongShelfError, match="unknown text column 'name'"):
        run(shop, "-o", tmp_path / "m.parquet", "--label", "category", "--column", "name")
    odd = ls.load(frame.with_columns(source_rows=pl.lit(1)), label="category", text=("title",))
    with pytest.raises(InputError, match="the columns source_rows of the data"):
        expand_file(odd, order(), tmp_path / "m.parquet")
    bare = ls.load(frame, label="category", numeric=("price",))
    with pytest.raises(NotApplicable, match="no text column"):
        expand_file(bare, order(), tmp_path / "m.parquet")


def test_drops_are_said_by_reason_and_as_json(shop, tmp_path):
    said = run(shop, "--generator", "ngram", "--to", "60-per-class", "--tries", "2", "-o",
               tmp_path / "a.parquet", "--label", "category")  # fmt: skip
    assert "identical" in said
    assert "short of what was asked" in said
    told = json.loads(run(shop, "--generator", "ngram", "--to", "60-per-class", "--tries", "2", "-o",
                          tmp_path / "b.parquet", "--label", "category", "--json"))  # fmt: skip
    assert told["cost"] == {}
    rows = pl.read_parquet(tmp_path / "b.parquet").height
    assert sum(entry["delivered"] for entry in told["classes"].values()) == rows
    assert any(entry["dropped"] for entry in told["classes"].values())


def test_parts_are_whole_or_absent(frame, tmp_path, monkeypatch):
    data = ls.load(frame, label="category", text=("title",))

    def broken(*_):
        raise OSError("disk full")

    monkeypatch.setattr(expansion.os, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        expand_file(data, order(), tmp_path / "more.parquet")
    assert not list(tmp_path.rglob("*.parquet"))
