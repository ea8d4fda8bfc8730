"""Do cheap scores of new samples foretell what they gain on the tail?

    python benchmarks/sample_quality.py results/expansion_categories results/expansion_reviews

For every arm of the published suites that writes texts for TF-IDF, the same writer is asked again
with the same split and amount, its new rows of tail classes are scored without any downstream model,
and the scores are held against the published gain on the tail over plain training. Both are means
over seeds, ranked within a data set; the figure is Spearman's, with a 95% interval from 2,000
bootstrap draws of arms. Scores: the share a naive Bayes of the training texts puts into the class,
distinct words, likeness among each other, copies of and nearness to training texts, perplexity.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import rankdata

import longshelf as ls
from longshelf.generators.ledger import opened
from longshelf.learning import without_leaks
from longshelf.metrics.texts.base import OfTexts, TextReading
from longshelf.metrics.texts.consistency import ClassConsistency
from longshelf.metrics.texts.diversity import Distinct, SelfBleu
from longshelf.metrics.texts.fluency import Perplexity
from longshelf.metrics.texts.novelty import Copied, NearTrain
from longshelf.tables import FloatArray, Rows
from longshelf.tasks.base import Parts, divide

MOST = 2000
"""New rows scored of an arm and a seed, at most."""

SCORES: Sequence[OfTexts] = (
    ClassConsistency(), Distinct(), Distinct(n=2), SelfBleu(), Copied(), NearTrain(), Perplexity(),
)  # fmt: skip


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", nargs="+", type=Path, help="published suites of expansion")
    parser.add_argument("--seeds", type=int, default=1, help="seeds whose new rows are scored")
    return parser.parse_args()


def gains(folder: Path) -> pl.DataFrame:
    """Mean gain on the tail of every arm that writes; dataset, task, split, strategy, gain."""
    values = pl.read_parquet(folder / "results.parquet").filter(
        pl.col("features") == "tf_idf", metric="macro_f1", decision="argmax",
        slice_axis="target", slice="tail",
    )  # fmt: skip
    keys = ["dataset", "task", "split", "model", "seed"]
    plain = values.filter(strategy="none").select(*keys, plain="value")
    arms = values.filter(pl.col("strategy").str.starts_with("Expand"))
    return (
        arms.join(plain, on=keys)
        .group_by("dataset", "split", "strategy", maintain_order=True)
        .agg(gain=(pl.col("value") - pl.col("plain")).mean())
    )


def spoken(rows: Rows, column: str) -> Rows:
    """The rows with a text as their label, as metrics of texts read them."""
    texts = rows.inputs[column].cast(pl.String).fill_null("").to_numpy().astype(np.str_)
    return replace(rows, y=texts)


def scored(parts: Parts, strategy: Any, seed: int) -> dict[str, float]:
    """Cheap scores of the new rows of tail classes; empty where there are none."""
    rng = np.random.default_rng([seed, 7])
    with opened() as ledger:
        rows = without_leaks(strategy.expand(parts.train, parts.targets, rng), parts, ledger)
    tail = np.asarray(parts.slices.members["tail"])[np.asarray(rows.code)]
    new = np.flatnonzero((rows.origin != "observed") & tail) if rows.origin is not None else []
    if not len(new):
        return {}
    some = np.sort(rng.choice(new, min(MOST, len(new)), replace=False))
    column = parts.problem.reads.text[-1]
    made = spoken(rows.take(some), column)
    reading = TextReading(
        made.y, made, parts.targets, spoken(parts.train, column), spoken(parts.valid, column)
    )
    inside = np.ones(len(made), dtype=bool)
    return {one.id: one.gauge(reading, inside).value for one in SCORES if one.able(reading)}


def arms(folder: Path, seeds: int) -> Iterator[dict[str, Any]]:
    """Every writing arm of a published suite: its gain and its scores."""
    found = gains(folder)
    for (dataset, split), own in found.group_by(["dataset", "split"], maintain_order=True):
        problem = ls.build("task", "classify").pose(ls.load(dataset))
        divided = [divide(problem, ls.build("split", split), seed) for seed in range(seeds)]
        for strategy, gain in own.select("strategy", "gain").iter_rows():
            each = [scored(p, ls.build("strategy", strategy), s) for s, p in enumerate(divided)]
            each = [one for one in each if one]
            if each:
                mean = {name: float(np.mean([one[name] for one in each])) for name in each[0]}
                yield {"dataset": dataset, "strategy": strategy, "gain": gain, **mean}


def within(values: FloatArray, group: FloatArray) -> FloatArray:
    """Ranks within each group, centred and scaled to its size."""
    out = np.zeros(len(values))
    for one in np.unique(group):
        at = group == one
        out[at] = (rankdata(values[at]) - 0.5) / at.sum() - 0.5
    return out


def correlation(table: pl.DataFrame, score: str, draws: int = 2000) -> tuple[float, float, float]:
    """Spearman's within data sets and its bootstrap interval over arms."""
    rng = np.random.default_rng(0)
    x, gain = table[score].to_numpy(), table["gain"].to_numpy()
    group = table["dataset"].rank("dense").to_numpy()

    def rho(at: Any) -> float:
        a, b = within(x[at], group[at]), within(gain[at], group[at])
        return float((a * b).sum() / max(np.sqrt((a**2).sum() * (b**2).sum()), 1e-12))

    n = len(table)
    drawn = [rho(rng.integers(n, size=n)) for _ in range(draws)]
    return rho(np.arange(n)), *np.quantile(drawn, [0.025, 0.975]).tolist()


def main() -> None:
    """The table of arms, then a line a score; which arms are done goes to the error stream."""
    said = arguments()
    told = []
    for folder in said.results:
        for arm in arms(folder, said.seeds):
            told.append(arm)
            print(f"{arm['dataset']}  {arm['strategy']}", file=sys.stderr, flush=True)
    table = pl.DataFrame(told)
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=240, fmt_str_lengths=60):
        print(table)
    print(f"Spearman's correlation with the gain on the tail, {len(table)} arms")
    for one in SCORES:
        if one.id in table.columns:
            rho, low, high = correlation(table.filter(pl.col(one.id).is_finite()), one.id)
            print(f"  {one.id:20} {rho:+.2f} [{low:+.2f}, {high:+.2f}]")


if __name__ == "__main__":
    main()
