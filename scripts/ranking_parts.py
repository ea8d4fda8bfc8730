"""Parts of a results page that only lists of targets have: the front, another test set, groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl
from pieces import cell, folded, number, table

from longshelf.statistics import pareto

ARM = ("features", "model", "strategy")
PLACE = ("dataset", "task")


def arm_of(row: dict[str, object]) -> str:
    """An arm as the tables name it."""
    return "`" + cell(f"{row['model']} / {row['strategy']}") + "`"


def front(values: pl.DataFrame, primary: str) -> Iterator[str]:
    """Every arm by what it finds overall and in the tail, and whether another beats it at both."""
    kept = values.filter(
        pl.col("metric") == primary,
        pl.col("slice_axis").is_in(["all", "target"]),
        pl.col("slice").is_in(["all", "tail"]),
        pl.col("decision") == "score",
    )
    if kept.filter(pl.col("slice") == "tail").is_empty():
        return
    yield "## All of it against the tail"
    yield (
        f"`{primary}` over all targets and over the tail, means over seeds, with the 95% interval of "
        "the sampled sources. `front`: no arm is as good at both and better at one. `−`: some arm is "
        "above at both, intervals apart. `~`: below the front, not told from it."
    )
    means = kept.group_by(*PLACE, *ARM, "slice", maintain_order=True).agg(
        pl.col("value", "low", "high").mean()
    )
    wide = means.pivot(
        on="slice", index=[*PLACE, *ARM], values=["value", "low", "high"]
    ).drop_nulls()
    names = {
        f"{axis}{end}": f"{column}_{part}"
        for axis, part in (("x", "all"), ("y", "tail"))
        for end, column in (("", "value"), ("_low", "low"), ("_high", "high"))
    }
    for place, arms in wide.group_by(*PLACE, maintain_order=True):
        marked = pareto(arms.rename({old: new for new, old in names.items()}))
        rows = [
            [
                arm_of(row),
                f"{number(row['x'], 4)} [{number(row['x_low'], 4)}, {number(row['x_high'], 4)}]",
                f"{number(row['y'], 4)} [{number(row['y_low'], 4)}, {number(row['y_high'], 4)}]",
                row["front"],
            ]
            for row in marked.sort("x", descending=True).to_dicts()
        ]
        told = table(["model / strategy", "all", "tail", "front"], rows)
        yield (
            folded(" / ".join(map(str, place)), told)
            if len(rows) > 40
            else f"### {' / '.join(map(str, place))}\n\n{told}"
        )


def intervened(values: pl.DataFrame, primary: str) -> Iterator[str]:
    """The natural test set beside the one in which every item counts alike."""
    kept = values.filter(
        pl.col("metric") == primary, pl.col("slice_axis") == "all", pl.col("slice") == "all"
    )
    other = kept.filter(pl.col("split").str.starts_with("intervened"))
    on = [*PLACE, *ARM]
    means = [
        part.group_by(on).agg(pl.col("value").mean())
        for part in (kept.filter(~pl.col("split").str.starts_with("intervened")), other)
    ]
    both = means[0].join(means[1], on=on, suffix="_intervened")
    if both.is_empty():
        return
    yield "## The natural test set and the intervened one"
    yield (
        "The intervened test set is drawn by inverse popularity, so that every item is asked for about "
        "as often. Places within each, of the arms that ran on both:"
    )
    ranked = both.with_columns(
        natural=pl.col("value").rank("min", descending=True),
        turned=pl.col("value_intervened").rank("min", descending=True),
    ).sort("value", descending=True)
    yield table(
        ["model / strategy", f"natural `{primary}`", "place", f"intervened `{primary}`", "place"],
        [
            [
                arm_of(row), number(row["value"], 4), f"{row['natural']:.0f}",
                number(row["value_intervened"], 4), f"{row['turned']:.0f}",
            ]
            for row in ranked.to_dicts()
        ],
    )  # fmt: skip


def who_pays(values: pl.DataFrame, primary: str, strategies: Sequence[str] = ()) -> Iterator[str]:
    """What every group of sources gets under plain training, and what each remedy changes."""
    skipped = pl.col("slice_axis").is_in(["all", "target", "round"])
    gaps = pl.col("slice").is_in(["gap", "ratio", "std", "worst"])
    kept = values.filter(pl.col("metric") == primary, ~skipped, ~gaps)
    if kept.is_empty():
        return
    yield "## Who pays"
    yield (
        f"`{primary}` of each group of sources under plain training, and what a remedy changes, means "
        "over seeds. The interval is that of the group's plain value: a change within it cannot be told."
    )
    by = [*PLACE, "features", "model", "slice_axis", "slice"]
    for place, part in kept.group_by(*PLACE, "features", "model", maintain_order=True):
        means = part.group_by([*by, "strategy"], maintain_order=True).agg(
            pl.col("value", "low", "high", "support").mean()
        )
        plain = means.filter(pl.col("strategy") == "none")
        remedies = means["strategy"].unique(maintain_order=True).to_list()
        remedies = [name for name in remedies if name != "none"]
        if plain.is_empty() or not remedies:
            continue
        value = {(r["slice_axis"], r["slice"], r["strategy"]): r["value"] for r in means.to_dicts()}
        rows = []
        for row in plain.to_dicts():
            key = (row["slice_axis"], row["slice"])
            changed = [
                number(value[*key, name] - row["value"], 4, signed=True)
                if (*key, name) in value
                else "–"
                for name in remedies
            ]
            told = f"{number(row['value'], 4)} [{number(row['low'], 4)}, {number(row['high'], 4)}]"
            label = f"{cell(row['slice_axis'])}: {cell(row['slice'])} ({row['support']:.0f})"
            rows.append([label, told, *changed])
        header = ["group (sources)", "plain", *(f"`{cell(name)}`" for name in remedies)]
        yield folded(" / ".join(map(str, place)), table(header, rows))
