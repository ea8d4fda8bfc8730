"""Publish a run: its tables without the machine's folders, small, and true to themselves."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from longshelf.components import known, snake
from longshelf.results import FRAMES, Results

RESULTS = Path(__file__).resolve().parent.parent / "results"
LIMIT = 6 * 2**20
WHERE = ["dataset", "task", "features", "model"]


def main_splits(values: pl.DataFrame) -> pl.DataFrame:
    """Per data set and task, the split that most arms were run on; test sets made over stand back."""
    made_over = pl.col("split").str.contains(r"^(shifted|intervened)\b")
    counts = values.group_by("dataset", "task", "split").agg(
        arms=pl.struct("features", "model", "strategy").n_unique()
    )
    return (
        counts.sort(made_over, "arms", "split", descending=[False, True, True])
        .unique(["dataset", "task"], keep="first", maintain_order=True)
        .select("dataset", "task", "split")
    )


def trivial() -> set[str]:
    """Names of the models that learn nothing."""
    classes: Mapping[str, Any] = known("model")
    return {snake(name) for name, cls in classes.items() if cls.trivial}


def check(values: pl.DataFrame, comparisons: pl.DataFrame, primary: str) -> None:
    """Refuse tables whose differences are not those of their values.

    Raises
    ------
    SystemExit
        Naming the first arm whose difference is another one.
    """
    on = [*WHERE, "strategy", "decision", "metric", "slice_axis", "slice"]
    main = (
        values.filter(pl.col("metric") == primary)
        .group_by(on)
        .agg(mean=pl.col("value").mean(), drawn=pl.col("seed").sort())
    )
    plain = main.filter(pl.col("strategy") == "none").drop("strategy")
    both = main.join(plain, on=[key for key in on if key != "strategy"], suffix="_plain").filter(
        pl.col("drawn") == pl.col("drawn_plain")
    )
    off = both.join(comparisons.filter(pl.col("baseline") == "none"), on=on).filter(
        (pl.col("mean") - pl.col("mean_plain") - pl.col("difference")).abs() > 1e-6
    )
    for row in off.head(1).to_dicts():
        place = "/".join(str(row[key]) for key in on)
        raise SystemExit(
            f"{off.height} differences in comparisons.parquet are not those of results.parquet; "
            f"{place}: {row['difference']:.4f} there, {row['mean'] - row['mean_plain']:.4f} by the "
            "values. Were two splits compared as one? Gather the run again."
        )


def portable(command: str) -> str:
    """The command without the folders of the machine it ran on."""
    command = re.sub(r"\s--(out|data)[= ]\S+", "", command)
    return re.sub(r"(?<=\s)/\S*/(?=[^/\s]+)", "", command)


def publish(run: Path, home: Path = RESULTS) -> Path:
    """Copy what a run found, as small as it goes, and say what was left out.

    Raises
    ------
    SystemExit
        If the tables contradict themselves, or take more than 6 MB even so.
    """
    results = Results.read(run)
    primary = str(results.about["primary"])
    main = results.values.join(main_splits(results.values), on=["dataset", "task", "split"])
    check(main, results.comparisons, primary)
    about = {**results.about, "command": portable(str(results.about.get("command", "")))}
    values, left_out = results.values, []
    files = packed(replace(results, about=about))
    if size(files) > LIMIT:
        axes = pl.col("slice_axis").is_in(["all", "target"]) | (pl.col("metric") == primary)
        values = values.filter(axes)
        left_out.append("values of groups in other metrics than the primary one")
        files = packed(replace(results, values=values, about={**about, "left_out": left_out}))
    if size(files) > LIMIT:
        raise SystemExit(
            f"{run} takes {size(files) / 2**20:.1f} MB, more than {LIMIT / 2**20:.0f}: "
            "split the suite in two"
        )
    target = home / str(about["suite"])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, content in files.items():
        (target / name).write_bytes(content)
    return target


def packed(results: Results) -> Mapping[str, bytes]:
    """The files of a published folder, compressed as far as zstd goes."""
    found = {}
    for field, name in FRAMES.items():
        sink = io.BytesIO()
        getattr(results, field).write_parquet(sink, compression="zstd", compression_level=19)
        found[f"{name}.parquet"] = sink.getvalue()
    text = json.dumps(results.about, ensure_ascii=False, indent=1, default=str)
    found["suite.yaml"] = str(results.about["suite_yaml"]).encode()
    found["environment.json"] = f"{text}\n".encode()
    return found


def size(files: Mapping[str, bytes]) -> int:
    """Bytes of a folder."""
    return sum(map(len, files.values()))
