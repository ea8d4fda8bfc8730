"""A whole suite compared with plain training: one table, every comparison labelled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.special import stdtrit

from longshelf.errors import unknown
from longshelf.metrics.directions import smaller_is_better
from longshelf.statistics.difference import ENOUGH_SEEDS
from longshelf.statistics.multiplicity import benjamini_hochberg, holm, ranks
from longshelf.statistics.paired import ALPHA, PAIRED, Arms, paired_lines, seeds_alike
from longshelf.statistics.variance import two_sided
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["COMPARISONS", "compare_all", "compare_pair"]

FAMILY = ["dataset", "task", "features", "model"]
WHAT = ["decision", "metric", "slice_axis", "slice"]
BASELINE = "none"
FIRST = ("argmax", "score", "corrected", "raw")
"""The decision whose primary metric is tested under Holm, the first that was measured."""

COMPARISONS = {
    "dataset": pl.String, "task": pl.String, "features": pl.String, "model": pl.String,
    "strategy": pl.String, "baseline": pl.String, "decision": pl.String, "metric": pl.String,
    "slice_axis": pl.String, "slice": pl.String, "seeds": pl.Int64, "value": pl.Float64,
    "difference": pl.Float64, "low": pl.Float64, "high": pl.Float64, "p": pl.Float64,
    "p_adjusted": pl.Float64, "family": pl.String, "verdict": pl.String, "rank": pl.Int64,
    "rival": pl.String, "against_rival": pl.String,
}  # fmt: skip


def compare_all(
    values: pl.DataFrame,
    units: Mapping[str, pl.DataFrame],
    cells: pl.DataFrame,
    *,
    primary: str,
    rivals: Collection[str] = (),
    redrawn: bool | None = None,
) -> pl.DataFrame:
    """Compare every arm with plain training on the same data, features and model.

    The primary metric, on all targets and on head, torso and tail, is compared on the sampled
    units (see :func:`~longshelf.statistics.difference.difference`). Every other value is compared
    by its paired differences over seeds with a t interval; on a fixed split the sampling variance
    of both arms is added as though they were independent, which is wider than need be.

    Parameters
    ----------
    values : polars.DataFrame
        cell, dataset, task, features, model, strategy, seed, decision, metric, slice_axis, slice,
        value, low, high.
    units : mapping of cell name to polars.DataFrame
        id, unit, and influences ``decision|metric|slice``.
    cells : polars.DataFrame
        cell, dataset, task, features, model, strategy, seed, status.
    primary : str
        The metric whose decision at arg max, over all targets, is tested under Holm; everything
        else is exploratory, under Benjamini and Hochberg. A family is the arms of one data set,
        features and model on one metric, decision and slice.
    rivals : collection of str
        Names of trivial models.
    redrawn : bool or None
        Whether every seed draws its own split; None finds out from the rows of the units.

    Returns
    -------
    polars.DataFrame
        With the columns of :data:`COMPARISONS`. Plain training has a row too, without a test (``~``).
        Verdicts read the adjusted p: ``+`` better, ``−`` worse, ``~`` cannot be told, ``?`` fewer
        than three seeds or nothing to test.
    """
    if values.height == 0 or "metric" not in values.columns:
        return pl.DataFrame(schema=COMPARISONS)
    rivals = set(rivals)
    drawn = _drawn(cells, units) if redrawn is None else redrawn
    found = _by_seed(values, BASELINE, drawn)
    best = _best_rivals(values, rivals, primary)
    arms = list(_families(values, best))
    numbers = _numbers(values, primary)
    lines = [
        line
        for family in arms
        for line in paired_lines(family, units, numbers, drawn, smaller_is_better(primary))
    ]
    paired = pl.DataFrame(lines, schema=PAIRED, orient="row").with_columns(
        slice_axis=pl.when(pl.col("slice") == "all").then(pl.lit("all")).otherwise(pl.lit("target"))
    )
    found = found.join(paired, on=[*FAMILY, "strategy", *WHAT], how="left")
    found = found.join(_seed_ranks(values, drawn), on=[*FAMILY, "strategy", *WHAT], how="left")
    named = [(*key, row[0]) for key, row in best.items()]
    rival = pl.DataFrame(
        named, schema={"dataset": pl.String, "task": pl.String, "rival": pl.String}, orient="row"
    )
    found = found.join(rival, on=["dataset", "task"], how="left").with_columns(
        low=pl.coalesce("unit_low", "low"),
        high=pl.coalesce("unit_high", "high"),
        p=pl.when(pl.col("unit_low").is_not_null()).then("unit_p").otherwise("p"),
        rank=pl.coalesce("unit_rank", "seed_rank"),
        baseline=pl.lit(BASELINE),
    )
    return _adjusted(found, primary).select(
        pl.col(name).cast(kind) for name, kind in COMPARISONS.items()
    )


def compare_pair(values: pl.DataFrame, one: str, other: str) -> pl.DataFrame:
    """Two strategies side by side, by their paired differences over seeds.

    Parameters
    ----------
    values : polars.DataFrame
        As for :func:`compare_all`; arms on several splits are compared on each, if there is a
        column ``split``.
    one, other : str
        Strategies; the difference is ``one`` less ``other``.

    Returns
    -------
    polars.DataFrame
        dataset, task, features, model, where there are several the split, decision, metric,
        slice_axis, slice, seeds, both means, difference, low, high, p, verdict (unadjusted).
    """
    several = "split" in values.columns and values["split"].n_unique() > 1
    family = [*FAMILY, *(["split"] if several else [])]
    found = _by_seed(values, other, True, family).filter(pl.col("strategy") == one)
    if found.height == 0:
        raise unknown("pair of strategies", f"{one} and {other}", values["strategy"].unique())
    verdicts = _verdicts(found, found["p"].fill_null(np.nan).to_numpy())
    return found.select(
        *family, *WHAT, "seeds",
        pl.col("value").alias(one), pl.col("base").alias(other),
        "difference", "low", "high", "p", pl.Series("verdict", verdicts),
    )  # fmt: skip


def _drawn(cells: pl.DataFrame, units: Mapping[str, pl.DataFrame]) -> bool:
    """Whether the seeds of any data set were measured on different rows."""
    done = cells.filter(pl.col("status") == "done") if "status" in cells.columns else cells
    by = ["dataset", "task", *(["split"] if "split" in cells.columns else [])]
    parts = done.filter(pl.col("strategy") == BASELINE).partition_by(by)
    return not all(seeds_alike(units, part["cell"].to_list()) for part in parts)


def _by_seed(
    values: pl.DataFrame, baseline: str, redrawn: bool, family: Sequence[str] = FAMILY
) -> pl.DataFrame:
    """Paired differences over seeds with a t interval."""
    on = [*family, "seed", *WHAT]
    sampling = (((pl.col("high") - pl.col("low")) / 3.92) ** 2).fill_null(0.0)
    table = values.with_columns(sampling=pl.lit(0.0) if redrawn else sampling)
    plain = table.filter(pl.col("strategy") == baseline).select(
        *on, base=pl.col("value"), base_sampling=pl.col("sampling")
    )
    gap = pl.col("value") - pl.col("base")
    found = (
        table.join(plain, on=on, how="inner")
        .group_by([*family, "strategy", *WHAT], maintain_order=True)
        .agg(
            seeds=pl.col("seed").n_unique().cast(pl.Int64),
            value=pl.col("value").mean(),
            base=pl.col("base").mean(),
            difference=gap.mean(),
            drawn=gap.var(),
            sampled=(pl.col("sampling") + pl.col("base_sampling")).mean(),
        )
    )
    seeds = found["seeds"].to_numpy().astype(float)
    drawn = found["drawn"].fill_null(0.0).to_numpy() / seeds
    square = drawn + found["sampled"].to_numpy()
    low, high, p = _t_interval(found["difference"].to_numpy(), square, drawn, seeds)
    own = (found["strategy"] == baseline).to_numpy()
    few = (seeds < ENOUGH_SEEDS) | own
    return found.with_columns(
        low=pl.Series(np.where(few, np.nan, low)).fill_nan(None),
        high=pl.Series(np.where(few, np.nan, high)).fill_nan(None),
        p=pl.Series(np.where(few, np.nan, p)).fill_nan(None),
    )


def _t_interval(
    value: FloatArray, square: FloatArray, drawn: FloatArray, seeds: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """95% limits and p; the part of the variance that seeds estimate has S - 1 degrees."""
    with np.errstate(divide="ignore", invalid="ignore"):
        free = np.where(drawn > 0, square**2 / (drawn**2 / np.maximum(seeds - 1, 1)), 1e6)
        free = np.clip(free, 1, 1e6)
        se = np.sqrt(square)
        p = np.where(se > 0, two_sided(value / se, free), np.where(value == 0, 1.0, np.nan))
    wide = stdtrit(free, 0.975) * se
    return value - wide, value + wide, p


def _best_rivals(
    values: pl.DataFrame, rivals: Collection[str], primary: str
) -> dict[tuple[str, str], tuple[str, dict[int, str]]]:
    """The best trivial model of each data set and task, with its cells by seed."""
    if not rivals:
        return {}
    table = values.filter(
        pl.col("model").is_in(list(rivals)),
        (pl.col("metric") == primary) & (pl.col("slice_axis") == "all"),
        pl.col("strategy") == BASELINE,
    )
    if table.height == 0:
        return {}
    first = next((name for name in FIRST if name in set(table["decision"])), table["decision"][0])
    table = table.filter(pl.col("decision") == first)
    best = (
        table.group_by("dataset", "task", "features", "model", maintain_order=True)
        .agg(pl.col("value").mean(), pl.col("seed"), pl.col("cell"))
        .sort("value", descending=not smaller_is_better(primary), maintain_order=True)
        .unique(["dataset", "task"], keep="first", maintain_order=True)
    )
    return {
        (row["dataset"], row["task"]): (
            row["model"],
            dict(zip(row["seed"], row["cell"], strict=True)),
        )
        for row in best.iter_rows(named=True)
    }


def _families(
    values: pl.DataFrame, best: Mapping[tuple[str, str], tuple[str, dict[int, str]]]
) -> Iterator[Arms]:
    named = values.select(*FAMILY, "strategy", "seed", "cell").unique(maintain_order=True)
    for key, part in named.partition_by(FAMILY, as_dict=True, maintain_order=True).items():
        cells: dict[str, dict[int, str]] = {}
        for strategy, seed, cell in part.select("strategy", "seed", "cell").iter_rows():
            cells.setdefault(strategy, {})[seed] = cell
        family = (str(key[0]), str(key[1]), str(key[2]), str(key[3]))
        rival = best.get(family[:2])
        yield Arms(family, cells, BASELINE, rival[1] if rival else None)


def _numbers(values: pl.DataFrame, primary: str) -> dict[tuple[str, str], float]:
    kept = values.filter(pl.col("metric") == primary, pl.col("slice_axis").is_in(["all", "target"]))
    column = pl.concat_str("decision", "metric", "slice", separator="|")
    table = kept.select("cell", column.alias("column"), "value")
    return {(cell, name): value for cell, name, value in table.iter_rows()}


def _seed_ranks(values: pl.DataFrame, redrawn: bool) -> pl.DataFrame:
    """Ranks from seeds alone, of every value over all targets or a slice of them."""
    kept = values.filter(pl.col("slice_axis").is_in(["all", "target"])).with_columns(
        what=pl.concat_str(WHAT, separator="\x1f"),
        sampling=(((pl.col("high") - pl.col("low")) / 3.92) ** 2).fill_null(0.0),
    )
    frames = []
    for part in kept.partition_by(FAMILY, maintain_order=True):
        names, arm = np.unique(part["strategy"].to_numpy().astype(str), return_inverse=True)
        seeds, seed = np.unique(part["seed"].to_numpy(), return_inverse=True)
        what, key = np.unique(part["what"].to_numpy().astype(str), return_inverse=True)
        if len(seeds) < ENOUGH_SEEDS or len(names) < 2:
            continue
        table = np.full((len(what), len(names), len(seeds)), np.nan)
        table[key, arm, seed] = part["value"].to_numpy()
        noise = np.zeros_like(table)
        if not redrawn:
            noise[key, arm, seed] = part["sampling"].to_numpy()
        axes = [name.split("\x1f") for name in what]
        falling = np.array([smaller_is_better(a[1], a[3], a[2]) for a in axes])
        place = _places(table, noise.mean(axis=-1), falling)
        q, k = np.nonzero(np.isfinite(table).all(axis=-1))
        columns: dict[str, Any] = {name: [part[name][0]] * len(q) for name in FAMILY}
        columns["strategy"] = names[k]
        columns |= {name: [axes[i][j] for i in q] for j, name in enumerate(WHAT)}
        frames.append(pl.DataFrame({**columns, "seed_rank": place[q, k]}))
    if not frames:
        every = dict.fromkeys([*FAMILY, "strategy", *WHAT], pl.String)
        return pl.DataFrame(schema={**every, "seed_rank": pl.Int64})
    return pl.concat(frames)


def _places(table: FloatArray, noise: FloatArray, falling: BoolArray) -> IntArray:
    """Ranks (Q, K) from values (Q, K, S): Benjamini-Hochberg over the pairs of each line."""
    k, s = table.shape[1:]
    one, other = np.triu_indices(k, 1)
    centre = table - table.mean(axis=-1, keepdims=True)
    covariance = np.einsum("qks,qls->qkl", centre, centre) / (s - 1)
    spread = np.einsum("qkk->qk", covariance)
    drawn = np.maximum(spread[:, one] + spread[:, other] - 2 * covariance[:, one, other], 0) / s
    mean = table.mean(axis=-1)
    value = mean[:, one] - mean[:, other]
    square = drawn + noise[:, one] + noise[:, other]
    _, _, p = _t_interval(value, square, drawn, np.full(value.shape, float(s)))
    sure = benjamini_hochberg(p) < ALPHA
    up = (value > 0) != falling[:, None]
    better = np.zeros((len(table), k, k), dtype=bool)
    better[:, one, other], better[:, other, one] = sure & up, sure & ~up
    return ranks(better)


def _adjusted(found: pl.DataFrame, primary: str) -> pl.DataFrame:
    """Adjusted p-values per family, and the verdicts that read them."""
    measured = set(found.filter(pl.col("metric") == primary)["decision"])
    first = next((name for name in FIRST if name in measured), "argmax")
    confirmed = (
        (pl.col("metric") == primary)
        & (pl.col("slice_axis") == "all")
        & (pl.col("decision") == first)
    )
    found = found.with_columns(
        family=pl.when(confirmed).then(pl.lit("holm")).otherwise(pl.lit("bh"))
    )
    parts = []
    for part in found.partition_by([*FAMILY, *WHAT, "family"], maintain_order=True):
        p = part["p"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        adjusted = holm(p) if part["family"][0] == "holm" else benjamini_hochberg(p)
        parts.append(
            part.with_columns(
                p_adjusted=pl.Series(adjusted).fill_nan(None),
                verdict=pl.Series(_verdicts(part, adjusted)),
            )
        )
    return (
        pl.concat(parts)
        if parts
        else found.with_columns(p_adjusted=pl.lit(None, pl.Float64), verdict=pl.lit("?"))
    )


def _verdicts(part: pl.DataFrame, adjusted: FloatArray) -> list[str]:
    columns = part.select("metric", "slice", "slice_axis").iter_rows()
    falling = np.array([smaller_is_better(*row) for row in columns], dtype=bool)
    up = (part["difference"].to_numpy() > 0) != falling
    sure = np.nan_to_num(adjusted, nan=1.0) < ALPHA
    words = np.where(sure, np.where(up, "+", "−"), "~")
    untested = np.where(part["strategy"].to_numpy() == BASELINE, "~", "?")
    return [str(word) for word in np.where(np.isfinite(adjusted), words, untested)]
