"""``longshelf evaluate``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from longshelf.cli import say

if TYPE_CHECKING:
    import polars as pl

__all__ = ["evaluate"]


class Ties(StrEnum):
    """Who goes first among equal scores."""

    hash = "hash"
    trec = "trec"


def evaluate(
    run: Annotated[
        str,
        typer.Argument(help="A ranking: TREC run, Parquet, CSV or TSV; user, item, score or rank."),
    ],
    truth: Annotated[
        str, typer.Option(help="What was relevant: user, item and, if wanted, a grade.")
    ],
    train: Annotated[
        str | None, typer.Option(help="What was known before: masks it, and gives head and tail.")
    ] = None,
    k: Annotated[str, typer.Option("--k", help="Cut-offs, the primary one first.")] = "5,10,20",
    groups: Annotated[
        str | None, typer.Option(help="A table: the user first, then a column per group axis.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="Which column is which, such as user=customer,item=sku,score=s."),
    ] = None,
    ties: Annotated[Ties, typer.Option(help="Order of equal scores.")] = Ties.hash,
    keep_seen: Annotated[
        bool, typer.Option("--keep-seen", help="Keep listed items that the user had in --train.")
    ] = False,
    judged_only: Annotated[
        bool, typer.Option("--judged-only", help="Drop from the lists what nobody judged.")
    ] = False,
    metric: Annotated[str | None, typer.Option(help="One metric only, such as ndcg@10.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Measure the ranking of any system: every metric, by head, torso, tail and user group."""
    from longshelf.metrics.foreign.runs import evaluate_run

    measured, read = evaluate_run(
        run, truth, train=train, ks=_cut_offs(k), groups=groups, columns=_columns(columns),
        ties=ties.value, keep_seen=keep_seen, pool="judged" if judged_only else None,
    )  # fmt: skip
    values = measured.values.drop("decision")
    if metric is not None:
        values = _only(values, metric)
    if json:
        said = {
            "run": run, "truth": truth, "train": train, "sources": len(read.ranking.ids),
            "items": len(read.targets), "findings": list(read.findings), "values": values.to_dicts(),
        }  # fmt: skip
        say.as_json(said)
        return
    columns_, rows = _table(values)
    say.table(f"{run}: {len(read.ranking.ids)} sources, {len(read.targets)} items", columns_, rows)
    say.text(*read.findings)
    if train is None:
        say.text("without --train there is no head, torso and tail, and nothing is masked")


def _cut_offs(k: str) -> list[int]:
    from longshelf.errors import InputError

    parts = [part.strip() for part in k.split(",")]
    if not all(part.isdigit() and int(part) > 0 for part in parts):
        raise InputError(f"--k takes whole numbers from 1, such as 5,10,20; got {k!r}")
    return [int(part) for part in parts]


def _columns(said: str | None) -> dict[str, str] | None:
    from longshelf.errors import InputError

    if said is None:
        return None
    pairs = [part.partition("=") for part in said.split(",")]
    if not all(role.strip() and name.strip() for role, _, name in pairs):
        raise InputError(f"--columns takes role=name, such as user=customer,item=sku; got {said!r}")
    return {role.strip(): name.strip() for role, _, name in pairs}


def _only(values: pl.DataFrame, metric: str) -> pl.DataFrame:
    from longshelf.errors import unknown

    found = values.filter(metric=metric)
    if not found.height:
        raise unknown("metric of this run", metric, values["metric"].unique())
    return found


def _table(values: pl.DataFrame) -> tuple[list[str], list[list[Any]]]:
    """One row per metric and axis, slices side by side with the interval of the whole."""
    by: dict[str, dict[str, Any]] = {}
    places: list[str] = []
    for row in values.iter_rows(named=True):
        axis = row["slice_axis"]
        place = row["slice"] if axis in ("all", "target") else f"{axis}={row['slice']}"
        if place not in places:
            places.append(place)
        by.setdefault(row["metric"], {})[place] = row
    rows = []
    for metric, found in by.items():
        whole = found.get("all")
        span = ""
        if whole is not None and whole["low"] is not None:
            span = f"[{whole['low']:.4g}, {whole['high']:.4g}]"
        cells = [found[place]["value"] if place in found else None for place in places]
        rows.append([metric, cells[0], span, *cells[1:]])
    return ["metric", places[0] if places else "all", "95%", *places[1:]], rows
