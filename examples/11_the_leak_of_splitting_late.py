"""Expand, merge, then split: how much the mistake is worth, beside the same rows kept apart."""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl

import longshelf as ls
from longshelf.expansion import Order, expand_file
from longshelf.generators import Eda

dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace")
writer, amount = Eda(), "2x"

with tempfile.TemporaryDirectory() as folder:
    written = Path(folder) / "more.parquet"
    expand_file(dataset, Order(generator=writer, to=amount), written)
    more = pl.read_parquet(written)
merged = replace(dataset, rows=pl.concat([dataset.rows, more], how="diagonal_relaxed"))

for name, data, split, strategy in (
    ("plain, equal texts kept together", dataset, "stratified", "none"),
    (
        "expanded after the split",
        dataset,
        "stratified",
        ls.build("strategy", f"Expand(to='{amount}')"),
    ),
    ("plain, split row by row", dataset, "naive_random", "none"),
    ("expanded, merged, then split", merged, "naive_random", "none"),
):
    arm = ls.fit(data, strategy=strategy, split=split)
    print(
        f"{name:34} macro-F1 {arm.value('macro_f1'):.3f}  tail {arm.value('macro_f1', 'tail'):.3f}"
    )
