"""Parts of a results page that only written texts have: both questions, and every metric by slice."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from pieces import cell, folded, number, table

from longshelf.report.reading import read
from longshelf.report.thin_data import answered
from longshelf.report.wording import say
from longshelf.results import Results

SLICES = ("all", "head", "torso", "tail")
ARM = ("features", "model", "strategy")
METRICS = (
    "chrf", "rouge_l", "bleu", "perplexity", "attribute_coverage", "contradiction",
    "class_consistency", "copied", "near_train", "near_test", "distinct@1", "distinct@2",
    "distinct@3", "self_bleu@3", "vocabulary_growth", "embedding_dispersion",
)  # fmt: skip


def written(results: Results) -> Iterator[str]:
    """Does text get worse where data is thin, does balancing mend it, and what was measured."""
    real = results.values.filter(pl.col("decision") == "real")
    tables = read(results)
    for dataset, task in real.select("dataset", "task").unique(maintain_order=True).iter_rows():
        here = results.values.filter(pl.col("dataset") == dataset, pl.col("task") == task)
        answer = answered(tables, dataset, task)
        yield f"## Written texts: {cell(dataset)} / {cell(task)}"
        yield (
            "Text where data is thin, held against the real texts of the same slice, head → tail (× is a "
            "multiple of theirs, + and − a difference to it):"
        )
        yield "\n".join(f"- {cell(say(part, 'en'))}" for part in answer.thin)
        if answer.mended:
            yield "What remedies change, by corrected p-values:"
            yield "\n".join(f"- {cell(say(part, 'en'))}" for part in answer.mended)
        for metric in METRICS:
            own = here.filter(pl.col("metric") == metric, pl.col("slice").is_in(SLICES))
            if own.height:
                yield folded(f"{metric}, means over seeds", _by_slice(own))


def _by_slice(own: pl.DataFrame) -> str:
    """Real texts first, then every writer."""
    by = own.with_columns(
        arm=pl.when(pl.col("decision") == "real")
        .then(pl.lit("real texts"))
        .otherwise(pl.concat_str("model", "strategy", separator=" / "))
    )
    means = by.group_by("arm", "decision", "slice", maintain_order=True).agg(pl.col("value").mean())
    wide = means.pivot("slice", index=["arm", "decision"], values="value").sort(
        "decision", maintain_order=True
    )
    shown = [name for name in SLICES if name in wide.columns]
    rows = [[cell(row["arm"]), *(number(row[name]) for name in shown)] for row in wide.to_dicts()]
    return table(["", *shown], rows)
