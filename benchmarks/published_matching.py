"""F1 of matching offers on the three published sets, beside the figures of others.

    python benchmarks/published_matching.py
    python benchmarks/published_matching.py amazon_google --arms "one similarity;strings, LightGBM"
    python benchmarks/published_matching.py abt_buy --arms "cross-encoder;bi-encoder" --share 0.1

Learns from the published train part. The model of the stated grid, its stopping round and the
threshold on its score are chosen on the published valid part alone, by F1 of ``yes``; test is
asked once for each seed, of the model chosen at the first; a model that draws nothing is fitted
twice and no more. Every line of the output is JSON: F1 on test with its 95% interval over rows, F1
of each seed, what was chosen and its F1 on valid, processor seconds, texts found in the cache, and
the published F1 beside. With ``--share`` below 1 only that share of the pairs is read, to see that
an arm runs; its F1 is then none to compare.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import precision_recall_curve

import longshelf as ls
from longshelf.cache import Cache
from longshelf.components import build
from longshelf.corrections import probabilities
from longshelf.features import compute
from longshelf.features.similarities import NAMES
from longshelf.metrics import evaluate
from longshelf.splits import Published
from longshelf.strategies import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Scored, Valid
from longshelf.tasks import Classify
from longshelf.tasks.base import Parts, Problem, divide

PUBLISHED: Mapping[str, Mapping[str, float]] = {
    "walmart_amazon": {"Magellan": 0.719, "Ditto": 0.868},
    "amazon_google": {"Magellan": 0.491, "Ditto": 0.756},
    "abt_buy": {"Magellan": 0.436, "Ditto": 0.893},
}
"""Mudgal et al., SIGMOD 2018, and Li et al., VLDB 2021, table 5."""

LINEAR = tuple(f"logistic(C={C})" for C in (1.0, 10.0, 100.0))
TREES = tuple(f"light_gbm(leaves={leaves}, smallest=10)" for leaves in (7, 15, 31))
TUNED = tuple(
    f"transformer(epochs=4, max_tokens=128, rate={rate}, watched=0)" for rate in (1e-4, 3e-4)
)
WORDS = "pair(encoder=tf_idf, strings=False)"
VECTORS = "pair(encoder=minilm, strings=False)"
ARMS: Mapping[str, tuple[str, Sequence[str]]] = {
    "always yes": ("nothing", ("majority",)),
    "one similarity": ("pair", ()),
    "one column of MiniLM": (VECTORS, ()),
    "TF-IDF of both texts, linear": ("tf_idf", LINEAR),
    "TF-IDF compared, linear": (WORDS, LINEAR),
    "MiniLM compared, LightGBM": (VECTORS, TREES),
    "strings, LightGBM": ("pair", TREES),
    "strings and MiniLM, LightGBM": ("pair(encoder=minilm)", TREES),
    "everything, LightGBM": (f"pair(encoder=minilm) + {WORDS}", TREES),
    "cross-encoder": ("words(apart=True)", TUNED),
    "bi-encoder": ("words(apart=True)", tuple(f"{one[:-1]}, apart=True)" for one in TUNED)),
}
"""Features, and the grid of models; no model is the best single column with a threshold."""


def margins(parts: Parts, X: Sequence[Matrix], model: str, seed: int) -> list[FloatArray]:
    """How much ``yes`` leads ``no`` on valid and on test."""
    train, valid, test = X
    fitted = build("model", model).fit(
        train, parts.train, Valid(X=valid, rows=parts.valid), parts.targets, Strategy(),
        np.random.default_rng(seed),
    )  # fmt: skip
    scores = (np.asarray(fitted.scores(side), dtype=float) for side in (valid, test))
    yes = list(parts.targets.names).index("yes")
    return [score[:, yes] - score[:, 1 - yes] for score in scores]


def columns(X: Sequence[Matrix], names: Sequence[str]) -> Iterator[tuple[str, list[FloatArray]]]:
    """Every single column as a score; those past the names by number."""
    for at in range(X[1].shape[1]):
        name = names[at] if at < len(names) else f"column {at}"
        yield name, [np.asarray(side[:, at], dtype=float) for side in X[1:]]


def threshold(said: FloatArray, parts: Parts) -> tuple[float, float]:
    """The cut with the highest F1 on valid, and that F1."""
    truth = parts.valid.y == list(parts.targets.names).index("yes")
    precision, recall, cuts = precision_recall_curve(truth, said)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    best = int(np.argmax(f1[:-1]))
    return float(cuts[best]), float(f1[best])


def f1(rows: Rows, margin: FloatArray, cut: float, parts: Parts) -> tuple[float, float, float]:
    """F1 of ``yes`` and its interval: the one rare class, so macro-F1 of its slice."""
    yes = list(parts.targets.names).index("yes")
    scores = np.zeros((len(rows), 2))
    scores[:, yes] = margin - cut
    decided = np.where(margin >= cut, yes, 1 - yes)
    raw = probabilities(scores, parts.targets)
    scored = Scored(
        rows=rows, scores=scores, raw=raw, corrected=raw,
        decisions={"argmax": decided, "tuned": decided},
    )  # fmt: skip
    found = evaluate(scored, parts.targets, parts.slices).values
    line = found.filter(
        (pl.col("decision") == "tuned")
        & (pl.col("metric") == "macro_f1")
        & (pl.col("slice_axis") == "target")
        & (pl.col("slice") == "tail")
    )
    value, low, high = line.select("value", "low", "high").row(0)
    return value, low, high


def run(parts: Parts, arm: str, seeds: int, cache: Cache) -> dict[str, Any]:
    """Choose on valid, then measure on test."""
    features, grid = ARMS[arm]
    started = time.process_time()
    computed = compute(
        build("features", features), parts.problem.dataset.schema, parts.train,
        (parts.train, parts.valid, parts.test), cache,
    )  # fmt: skip
    made = time.process_time()
    X = computed.matrices
    names = (*NAMES, "trigram cosine") if features == "pair" else ("cosine",)
    tried = ((model, margins(parts, X, model, 0)) for model in grid) if grid else columns(X, names)
    chosen, said, cut, reached = max(
        ((name, own, *threshold(own[0], parts)) for name, own in tried), key=lambda one: one[3]
    )
    value, low, high = f1(parts.test, said[1], cut, parts)
    each = [value]
    for seed in range(1, seeds if grid else 1):
        own = margins(parts, X, chosen, seed)
        if np.array_equal(own[0], said[0]):
            each = [value] * seeds
            break
        each.append(f1(parts.test, own[1], threshold(own[0], parts)[0], parts)[0])
    return {
        "arm": arm, "features": features, "chosen": chosen, "valid F1": round(reached, 4),
        "F1": round(value, 4), "low": round(low, 4), "high": round(high, 4),
        "each seed": [round(one, 4) for one in each],
        "processor seconds": {
            "features": round(made - started, 1), "models": round(time.process_time() - made, 1)
        },
        "found in the cache": computed.hits, "computed": computed.misses,
    }  # fmt: skip


def posed(pair: str, share: float) -> Problem:
    """One of the sets, or an even share of its pairs."""
    problem = Classify(label="match").pose(ls.load(f"product_matching(pair={pair!r})"))
    n = len(problem.rows)
    drawn = np.sort(np.random.default_rng(0).permutation(n)[: round(share * n)])
    return problem if share == 1 else replace(problem, rows=problem.rows.take(drawn))


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="*", default=list(PUBLISHED), help="all, where none is named")
    parser.add_argument("--arms", default=";".join(ARMS), help="one name, or several with ;")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0, help="of the pairs, above 0")
    return parser.parse_args(given)


if __name__ == "__main__":
    asked = arguments()
    for pair in asked.data:
        parts = divide(posed(pair, asked.share), Published(), 0)
        for arm in asked.arms.split(";"):
            told = {
                "data": pair,
                "share": asked.share,
                **run(parts, arm, asked.seeds, Cache.default()),
            }
            print(json.dumps(told | {"published F1": PUBLISHED[pair]}), flush=True)
