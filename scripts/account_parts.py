"""The account of a results page: what has no result, what cells cost, the data, how to run it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
from pieces import cell, folded, number, table
from publishing import WHERE, portable

from longshelf.results import FRAMES


def without_result(cells: pl.DataFrame) -> Iterator[str]:
    """Cells that failed or were not applicable, with the reason."""
    yield "## What has no result, and why"
    lost = cells.filter(pl.col("status") != "done")
    if lost.is_empty():
        yield "Every cell is done."
        return
    by = ["status", "dataset", "features", "model", "strategy", "reason"]
    groups = lost.group_by(by).agg(cells=pl.len()).sort(by)
    yield table(
        ["status", "where", "strategy", "cells", "reason"],
        [
            [
                row["status"],
                f"`{cell('/'.join((row['dataset'], row['features'], row['model'])))}`",
                f"`{cell(row['strategy'])}`",
                str(row["cells"]),
                cell(row["reason"]),
            ]
            for row in groups.to_dicts()
        ],
    )


def cost(cells: pl.DataFrame) -> Iterator[str]:
    """Mean cost of a cell that is done."""
    yield "## Cost"
    looped = (cells["task"] == "feedback loop").all()
    yield "Mean over seeds of one cell: " + (
        "every round of the loop, each with its features, fit and metrics."
        if looped
        else "fit and metrics, without features, which are computed once and shared. Post-hoc "
        "remedies carry the seconds of the fit they share."
    )
    keys = ["seconds", "cpu_seconds", "peak_mb", "parameters"]
    for where, part in cells.group_by(WHERE, maintain_order=True):
        means = part.group_by("strategy", maintain_order=True).agg(pl.col(keys).mean())
        plain = dict(means.select("strategy", "seconds").iter_rows()).get("none")
        rows = [
            [
                f"`{cell(row['strategy'])}`",
                number(row["seconds"], 2),
                number(row["seconds"] / plain, 1) if plain else "–",
                number(row["cpu_seconds"], 2),
                number(row["peak_mb"], 0),
                f"{row['parameters']:,.0f}",
            ]
            for row in means.to_dicts()
        ]
        header = ["strategy", "seconds", "× plain", "CPU seconds", "peak MB", "parameters"]
        yield folded(" / ".join(map(str, where)), table(header, rows))


def cards(about: Mapping[str, Any]) -> Iterator[str]:
    """Where the data come from, and what was found in them."""
    yield "## Data"
    for name, card in about.get("datasets", {}).items():
        facts = [
            f"- {key.replace('_', ' ')}: {cell(card[key])}"
            for key in (
                "title", "licence", "language", "address", "citation", "personal_data",
                "notes", "rows", "fingerprint",
            )
            if card.get(key)
        ]  # fmt: skip
        facts += [f"- found: {cell(text)}" for text in card.get("findings", ())]
        yield f"### {name}\n\n" + "\n".join(facts)
    said = [*about.get("findings", ()), *about.get("warnings", ())]
    said += [
        f"{name}: {short['targets']} targets got another number of rows than asked for"
        for name, short in about.get("delivered", {}).items()
    ]
    if said:
        yield folded("What the run found and warned of", "\n".join(f"- {cell(s)}" for s in said))


def again(about: Mapping[str, Any]) -> Iterator[str]:
    """How to reproduce the page."""
    yield "## How to reproduce"
    yield f"```sh\n{portable(str(about.get('command', '')))}\n```"
    machine = about.get("machine", {})
    versions = about.get("versions", {})
    yield (
        f"On {machine.get('cores', '?')} cores and {machine.get('memory_gb', '?')} GB "
        f"({machine.get('system', '')} {machine.get('processor', '')}). "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + "."
    )
    for text in about.get("left_out", ()):
        yield f"Left out of the published tables: {text}."
    yield folded("The suite, with its defaults", f"```yaml\n{about['suite_yaml'].strip()}\n```")
    name = about["suite"]
    files = ", ".join(
        f"[{file}](../../results/{name}/{file})"
        for file in (
            *(f"{one}.parquet" for one in FRAMES.values()),
            "suite.yaml",
            "environment.json",
        )
    )
    yield f"Published tables: {files}."
