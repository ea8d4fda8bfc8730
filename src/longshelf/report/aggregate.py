"""Everything the page draws, pre-aggregated to a stated number of bytes whatever the suite's size.

Names become integers, numbers keep six significant digits, rows become flat arrays. What does
not fit is dropped from the least asked-for end and said so in ``limits``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl

from longshelf.report.verdict import DECISIONS, SLICES
from longshelf.report.wording import NAME_LENGTH, Name, Number, Part, Phrase, clip

__all__ = [
    "MARKS", "RIVALS", "Arm", "Board", "Budget", "Key", "ResultsLike", "board", "dense", "short",
]  # fmt: skip

ARM = ("dataset", "task", "features", "model", "strategy")
KEY = ("decision", "metric", "slice_axis", "slice")
BESIDE_ITSELF = ("verdict", "difference", "low", "high", "p_adjusted")
"""What means nothing where an arm is its own baseline."""
BYTES_OF_ROW = 62
"""What one arm on one key takes in JSON, about."""
MARKS = ("?", "+", "−", "~")
RIVALS = ("", "above", "not above", "below")
SLICE_ORDER = ("all", "head", "torso", "tail", "few", "cold", "worst", "gap", "ratio", "std")


class ResultsLike(Protocol):
    """What the report reads: the tables of ``longshelf.results.Results`` and nothing else."""

    @property
    def values(self) -> pl.DataFrame: ...
    @property
    def cells(self) -> pl.DataFrame: ...
    @property
    def comparisons(self) -> pl.DataFrame: ...
    @property
    def per_target(self) -> pl.DataFrame: ...
    @property
    def reliability(self) -> pl.DataFrame: ...
    @property
    def about(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Bytes of embedded JSON each part of the page may take.

    Parameters
    ----------
    rows, targets, calibration, rankings, gallery, cells, text : int
        For the leaderboards, the recall per class, the calibration curves, the ranked lists, the
        written samples, the list of what failed, and each long text (suite, card).
    arms : int
        Most arms kept over all data sets.
    """

    rows: int = 1_150_000
    targets: int = 420_000
    calibration: int = 260_000
    rankings: int = 300_000
    gallery: int = 200_000
    cells: int = 120_000
    text: int = 60_000
    arms: int = 1_200

    def scaled(self, share: float) -> Budget:
        """Shrink every part alike."""
        sizes = {name: max(1, int(size * share)) for name, size in vars(self).items()}
        return Budget(**sizes)


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One strategy in one place: what a row of the leaderboard is about."""

    dataset: str
    task: str
    features: str
    model: str
    strategy: str
    baseline: bool
    trivial: bool
    alone: bool = False
    """Shown as the trivial rivals are, having one strategy only, and none itself."""
    seconds: float | None
    asked: str = ""
    """Requests to a language model behind an address, and money where prices were given."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """What is measured: the metric, what it reads, on which slice, with how many rows."""

    decision: str
    metric: str
    axis: str
    slice: str
    support: float | None


@dataclass(frozen=True, kw_only=True)
class Board:
    """The leaderboards of all data sets.

    Parameters
    ----------
    arms, keys : list
        What the indices in ``rows`` point at.
    rows : dict
        Arm index to key index to the row's fields.
    rivals : list of str
        Names of trivial rivals that rows point at.
    lower : frozenset of str
        Metrics where less is better.
    limits : list of Part
        What was left out, in words.
    """

    arms: list[Arm]
    keys: list[Key]
    rows: dict[int, dict[int, dict[str, Any]]]
    rivals: list[str]
    lower: frozenset[str]
    limits: list[Part] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        """Turn into arrays of integers and short numbers, the order of which the page knows."""
        tables = {name: _index(a for a in _column(self.arms, name)) for name in ARM}
        arms = [
            [
                *(tables[name][getattr(arm, name)] for name in ARM),
                int(arm.baseline) + 2 * int(arm.trivial) + 4 * int(arm.alone),
                short(arm.seconds),
                arm.asked,
            ]
            for arm in self.arms
        ]
        rows = {
            arm: [x for key, row in of.items() for x in (key, *self._numbers(row))]
            for arm, of in self.rows.items()
        }
        return {
            "names": {name: [clip(x) for x in table] for name, table in tables.items()},
            "arms": arms,
            "keys": [
                [k.decision, k.metric, clip(k.axis), clip(k.slice), short(k.support)]
                for k in self.keys
            ],
            "rows": rows,
            "rivals": [clip(x) for x in self.rivals],
            "lower": sorted(self.lower & {k.metric for k in self.keys}),
        }

    def _numbers(self, row: Mapping[str, Any]) -> list[float | int | None]:
        rival = row.get("rival")
        mark = row.get("verdict") or ""
        return [
            *(short(row.get(x)) for x in ("value", "difference", "low", "high", "p_adjusted")),
            MARKS.index(mark) if mark in MARKS else -1,
            row.get("rank"),
            row.get("seeds"),
            RIVALS.index(row.get("against_rival") or ""),
            self.rivals.index(rival) if rival in self.rivals else -1,
        ]


def board(results: ResultsLike, budget: Budget, lower: frozenset[str]) -> Board:
    """Join values with comparisons, one row per arm and key, within the budget.

    Parameters
    ----------
    results : Results
        The tables.
    budget : Budget
        How much may be kept.
    lower : frozenset of str
        Metrics where less is better.
    """
    values, limits = _main_split(results.values)
    table = _joined(values, results.comparisons)
    primary = str(results.about.get("primary", "macro_f1"))
    arms, left_out = _arms(table, results, primary, budget.arms)
    if left_out:
        limits.append(_left_out("arms", left_out, left_out + len(arms)))
    keys = _keys(table, primary)
    all_keys = len(keys)
    size_of_key = BYTES_OF_ROW * len(arms)
    kept = max(4, min(all_keys, budget.rows // max(1, size_of_key)))
    if kept < all_keys:
        limits.append(_left_out("keys", all_keys - kept, all_keys))
    keys = keys[:kept]
    names = [*(getattr(a, n) for a in arms for n in ARM)]
    if any(len(name) > NAME_LENGTH for name in names):
        limits.append(Phrase("limits.names", {"n": Number(str(NAME_LENGTH))}))
    rivals = results.comparisons["rival"].drop_nulls().unique(maintain_order=True).to_list()
    return Board(
        arms=arms,
        keys=keys,
        rows=_rows(table, arms, keys),
        rivals=[str(x) for x in rivals],
        lower=lower,
        limits=limits,
    )


def short(value: Any) -> float | int | None:
    """Keep six significant digits; missing and infinite become None."""
    if value is None or not math.isfinite(value):
        return None
    rounded = float(f"{value:.6g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def dense(data: object) -> str:
    """Write JSON without spaces."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _main_split(values: pl.DataFrame) -> tuple[pl.DataFrame, list[Part]]:
    """Keep the most measured split of each task; others are named, never averaged in.

    Test sets made over stand back; intervened ones have a figure of their own.
    """
    made_over = pl.col("split").str.contains(r"^(shifted|intervened)\b")
    counts = values.group_by("dataset", "task", "split").agg(pl.len().alias("n"))
    main = counts.sort(made_over, "n", "split", descending=[False, True, False]).unique(
        ["dataset", "task"], keep="first", maintain_order=True
    )
    others = counts.join(main, on=["dataset", "task", "split"], how="anti")["split"].unique()
    unseen = sorted(name for name in map(str, others) if not name.startswith("intervened"))
    said: list[Part] = [Phrase("limits.split", {"split": Name(clip(name))}) for name in unseen[:5]]
    return values.join(main.drop("n"), on=["dataset", "task", "split"], how="semi"), said


def _joined(values: pl.DataFrame, comparisons: pl.DataFrame) -> pl.DataFrame:
    means = values.group_by([*ARM, *KEY], maintain_order=True).agg(
        pl.col("value").mean().alias("mean"),
        pl.col("support").mean(),
        pl.col("seed").n_unique().alias("seeds_measured"),
    )
    judged = comparisons.unique([*ARM, *KEY], keep="first", maintain_order=True)
    table = means.join(judged, on=[*ARM, *KEY], how="full", coalesce=True, maintain_order="left")
    return table.with_columns(
        pl.coalesce("value", "mean").alias("value"),
        pl.coalesce("seeds", "seeds_measured").alias("seeds"),
    ).filter(pl.col("value").is_not_null())


def _arms(
    table: pl.DataFrame, results: ResultsLike, primary: str, most: int
) -> tuple[list[Arm], int]:
    baselines = set(results.comparisons["baseline"].drop_nulls().to_list()) or {"none"}
    rivals = set(results.comparisons["rival"].drop_nulls().to_list())
    lone = _lone_blocks(results)
    known = set(results.about.get("rivals") or ())
    done = results.cells.filter(pl.col("status") == "done")
    means = done.group_by(ARM).agg(pl.col("seconds", "requests", "money").mean())
    cost = {tuple(row[name] for name in ARM): row for row in means.iter_rows(named=True)}
    level = pl.col("value").filter((pl.col("metric") == primary) & (pl.col("slice") == "all"))
    found = table.group_by(ARM, maintain_order=True).agg(level.max().alias("level"))
    arms = []
    for *names, _level in found.sort("level", descending=True, nulls_last=True).iter_rows():
        dataset, task, features, model, strategy = map(str, names)
        trivial = _matches_rival(rivals, model, strategy) or tuple(names[:4]) in lone
        arms.append(
            Arm(
                dataset=dataset,
                task=task,
                features=features,
                model=model,
                strategy=strategy,
                baseline=strategy in baselines and not trivial,
                trivial=trivial,
                alone=trivial and bool(known) and model not in known,
                seconds=cost.get(tuple(names), {}).get("seconds"),
                asked=asked(cost.get(tuple(names), {})),
            )
        )
    first = [a for a in arms if a.baseline or a.trivial]
    others = [a for a in arms if not (a.baseline or a.trivial)]
    kept = [*first[: most // 2], *others][:most]
    return kept, len(arms) - len(kept)


def asked(cost: Mapping[str, Any]) -> str:
    """Requests of a cell, and its money; "" where nothing was asked for.

    Examples
    --------
    >>> asked({"requests": 1200.0, "money": 0.364})
    '1,200 · 0.36'
    """
    if not cost.get("requests"):
        return ""
    requests = f"{cost['requests']:,.0f}"
    return requests if cost.get("money") is None else f"{requests} · {cost['money']:.2f}"


def _lone_blocks(results: ResultsLike) -> set[tuple[str, ...]]:
    """Places where one strategy only was planned while others have many: the trivial rivals."""
    planned = results.cells.group_by(ARM[:4]).agg(pl.col("strategy").n_unique().alias("n"))
    if planned.is_empty() or planned["n"].max() == 1:
        return set()
    return set(planned.filter(pl.col("n") == 1).select(ARM[:4]).iter_rows())


def _matches_rival(rivals: set[Any], model: str, strategy: str) -> bool:
    return bool(rivals & {model, strategy, f"{model}/{strategy}"})


def _keys(table: pl.DataFrame, primary: str) -> list[Key]:
    """List the keys, the ones most asked for first."""
    found = table.group_by(KEY, maintain_order=True).agg(pl.col("support").mean())
    keys = [
        Key(decision=str(d), metric=str(m), axis=str(a), slice=str(s), support=n)
        for d, m, a, s, n in found.iter_rows()
    ]
    targets = {name for _axis, name in SLICES} | {"cold"}
    lift = f"popularity_lift@{primary.partition('@')[2]}"

    def priority(key: Key) -> tuple[int, int, str, int, float]:
        by_class = key.axis in {"all", "target"} and key.slice in targets
        main = key.metric == primary
        rest = 2 if key.slice == "all" or key.metric == lift else 3 + (not by_class)
        tier = (0 if by_class else 1) if main else rest
        decision = DECISIONS.index(key.decision) if key.decision in DECISIONS else len(DECISIONS)
        place = SLICE_ORDER.index(key.slice) if key.slice in SLICE_ORDER else len(SLICE_ORDER)
        first = main or key.metric == lift
        return (tier, decision, "" if first else key.metric, place, -(key.support or 0))

    return sorted(keys, key=priority)


def _rows(
    table: pl.DataFrame, arms: Sequence[Arm], keys: Sequence[Key]
) -> dict[int, dict[int, dict[str, Any]]]:
    arm_of = {tuple(getattr(a, name) for name in ARM): i for i, a in enumerate(arms)}
    key_of = {(k.decision, k.metric, k.axis, k.slice): i for i, k in enumerate(keys)}
    rows: dict[int, dict[int, dict[str, Any]]] = {i: {} for i in range(len(arms))}
    kept = pl.DataFrame(list(key_of), schema=dict.fromkeys(KEY, pl.String), orient="row")
    for row in table.join(kept, on=KEY, how="semi").iter_rows(named=True):
        arm = arm_of.get(tuple(str(row[name]) for name in ARM))
        key = key_of.get((row["decision"], row["metric"], row["slice_axis"], row["slice"]))
        if arm is not None and key is not None:
            rows[arm][key] = row
    for index, arm_ in enumerate(arms):
        if arm_.baseline:
            _rank_baseline(arm_, rows[index], arms, rows)
        if arm_.baseline or arm_.trivial:
            blank = BESIDE_ITSELF if arm_.baseline else (*BESIDE_ITSELF, "rank", "against_rival")
            for row in rows[index].values():
                row |= dict.fromkeys(blank)
    return rows


def _rank_baseline(
    baseline: Arm,
    own: dict[int, dict[str, Any]],
    arms: Sequence[Arm],
    rows: Mapping[int, Mapping[int, Mapping[str, Any]]],
) -> None:
    """Rank the baseline like any arm: one plus the arms significantly better than it."""
    place = (baseline.dataset, baseline.task, baseline.features, baseline.model)
    mates = [
        rows[i]
        for i, a in enumerate(arms)
        if not a.baseline and (a.dataset, a.task, a.features, a.model) == place
    ]
    for key, row in own.items():
        marks = [mate[key].get("verdict") for mate in mates if key in mate]
        if row.get("rank") is None and any(mark in {"+", "−", "~"} for mark in marks):
            row["rank"] = 1 + marks.count("+")


def _left_out(what: str, n: int, total: int) -> Phrase:
    return Phrase(f"limits.{what}", {"n": Number(f"{n:,}"), "total": Number(f"{total:,}")})


def _column(items: Sequence[Any], name: str) -> list[Any]:
    return [getattr(item, name) for item in items]


def _index(names: Any) -> dict[str, int]:
    return {name: i for i, name in enumerate(dict.fromkeys(names))}
