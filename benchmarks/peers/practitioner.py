"""The cells of ``fashion_grid.py`` as a practitioner would write them, with libraries alone.

An imbalanced-learn pipeline per cell: features, sampler, scikit-learn's logistic regression.

``inside``: features are a step of the pipeline, fitted and computed in every cell, as
cross-validation of a pipeline does. ``once``: features are computed once per split and kept in
memory; every cell starts from the matrix.

Run by ``fashion_grid.py``, which hands over titles, labels, splits and random states, so that
both sides learn from the same rows. scikit-learn cannot tune decisions of many classes: that one
rule is LongShelf's here too.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import RandomUnderSampler, TomekLinks
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

FLOOR, NEIGHBOURS, BETA = 100, 5, 0.999


class MiniLm(TransformerMixin, BaseEstimator):
    """Sentence vectors by transformers and torch, batches of like length, as sentence-transformers.

    Parameters
    ----------
    folder : str
        Where the model lies.
    """

    def __init__(self, folder: str, batch: int = 64) -> None:
        self.folder, self.batch = folder, batch

    def fit(self, texts: list[str], y: Any = None) -> MiniLm:
        """Nothing to learn."""
        return self

    def transform(self, texts: list[str]) -> np.ndarray:
        """Mean of the token vectors, at length 1; (n, 384) float32."""
        import torch
        from transformers import AutoModel, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(self.folder)
        model = AutoModel.from_pretrained(self.folder).eval()
        order = np.argsort([len(text) for text in texts], kind="stable")
        vectors = np.empty((len(texts), model.config.hidden_size), dtype=np.float32)
        with torch.inference_mode():
            for start in range(0, len(order), self.batch):
                at = order[start : start + self.batch]
                words = tokenizer(
                    [texts[i] for i in at],
                    padding=True, truncation=True, max_length=64, return_tensors="pt",
                )  # fmt: skip
                states = model(**words).last_hidden_state
                mask = words["attention_mask"].unsqueeze(-1)
                mean = (states * mask).sum(1) / mask.sum(1)
                vectors[at] = torch.nn.functional.normalize(mean, dim=1).numpy()
        return vectors


def features(name: str, folder: str) -> Any:
    """The first step of a pipeline."""
    if name == "minilm":
        return MiniLm(folder)
    return TfidfVectorizer(
        token_pattern=r"\w+", ngram_range=(1, 2), min_df=2, sublinear_tf=True, dtype=np.float32
    )


def floor(y: np.ndarray) -> dict[int, int]:
    """Raise every class to the floor."""
    return {c: FLOOR for c, n in Counter(y).items() if n < FLOOR}


def floor_where_neighbours(y: np.ndarray) -> dict[int, int]:
    """Raise the classes SMOTE can serve; the others are repeated."""
    return {c: FLOOR for c, n in Counter(y).items() if NEIGHBOURS < n < FLOOR}


def cap(y: np.ndarray) -> dict[int, int]:
    """Cut every class to the lower median of the counts."""
    counts = Counter(y)
    ordered = sorted(counts.values())
    median = ordered[(len(ordered) - 1) // 2]
    return {c: min(n, median) for c, n in counts.items()}


def learner(arm: str, tolerance: float, states: list[int]) -> list[tuple[str, Any]]:
    """The steps of a pipeline after its features."""
    weight = "balanced" if arm == "InverseFrequency" else None
    logistic = LogisticRegression(C=1.0, tol=tolerance, max_iter=1000, class_weight=weight)
    if arm == "RandomOver":
        return [("over", RandomOverSampler(sampling_strategy=floor, random_state=states[0])),
                ("model", logistic)]  # fmt: skip
    if arm == "Smote":
        smote = SMOTE(
            sampling_strategy=floor_where_neighbours,
            k_neighbors=NEIGHBOURS,
            random_state=states[0],
        )
        rest = RandomOverSampler(sampling_strategy=floor, random_state=states[1])
        return [("smote", smote), ("over", rest), ("model", logistic)]
    if arm == "RandomUnder":
        return [("under", RandomUnderSampler(sampling_strategy=cap, random_state=states[0])),
                ("model", logistic)]  # fmt: skip
    if arm == "TomekLinks":
        return [("tomek", TomekLinks()), ("model", logistic)]
    if arm == "EasyEnsemble":
        members = []
        for at, state in enumerate(states):
            under = RandomUnderSampler(sampling_strategy=cap, random_state=state)
            members.append((f"m{at}", Pipeline([("under", under), ("model", logistic)])))
        return [("model", VotingClassifier(members, voting="soft"))]
    return [("model", logistic)]


def effective_number(y: np.ndarray) -> np.ndarray:
    """Weights of the rows by the effective number of their class."""
    counts = np.bincount(y)
    weights = ((1 - BETA) / (1 - BETA ** np.maximum(counts, 1)))[y]
    return np.asarray(weights / weights.mean())


def scores(pipeline: Pipeline, X: Any, size: int) -> np.ndarray:
    """Log-probabilities of every class, those never met at the bottom; (n, C)."""
    found = np.full((X.shape[0] if hasattr(X, "shape") else len(X), size), -50.0)
    found[:, pipeline.classes_] = np.log(np.maximum(pipeline.predict_proba(X), 1e-20))
    return found


def shifted(
    arm: str, pipeline: Pipeline, X_test: Any, X_tune: Any, y_tune: Any, counts: np.ndarray
) -> np.ndarray:
    """Decisions after a change of the scores."""
    size = len(counts)
    shift = -np.log(np.maximum(counts, 1) / np.maximum(counts, 1).sum())
    if arm == "PerClassThreshold":
        from longshelf.metrics.tuning import tune_multiclass
        from longshelf.tables import Targets

        targets = Targets(names=np.arange(size).astype(str), natural=counts.astype(float))
        shift = tune_multiclass(scores(pipeline, X_tune, size), y_tune, targets)
    return np.asarray((scores(pipeline, X_test, size) + shift).argmax(axis=1))


def run_cell(task: dict[str, Any], cell: dict[str, Any], parts: Any, tolerance: float) -> Any:
    """Fit and judge one cell; ``parts`` are texts or matrices of train, test and tuning rows."""
    started = time.perf_counter()
    arm, (X, X_test, X_tune) = cell["arm"], parts
    where = task["part"][cell["seed"]]
    y, tune = task["y"], (where == 1) & task["even"]
    steps = learner(arm, tolerance, cell["states"])
    if isinstance(X, list):
        steps = [("features", features(cell["features"], task["folder"])), *steps]
    pipeline = Pipeline(steps)
    weights = {}
    if arm == "EffectiveNumber":
        weights = {"model__sample_weight": effective_number(y[where == 0])}
    pipeline.fit(X, y[where == 0], **weights)
    if arm in ("PostHocLogitAdjustment", "PerClassThreshold"):
        counts = np.bincount(y[where == 0], minlength=int(y.max()) + 1)
        decided = shifted(arm, pipeline, X_test, X_tune, y[tune], counts)
    else:
        decided = pipeline.predict(X_test)
    truth = y[where == 2]
    f1 = f1_score(truth, decided, labels=np.unique(truth), average="macro", zero_division=0)
    named = {name: cell[name] for name in ("features", "arm", "seed")}
    return {**named, "seconds": time.perf_counter() - started, "f1": float(f1)}


def rows_of(task: dict[str, Any], seed: int, everything: Any) -> tuple[Any, Any, Any]:
    """Train, test and tuning rows of a matrix or a list of texts."""
    where = task["part"][seed]
    masks = (where == 0, where == 2, (where == 1) & task["even"])
    if isinstance(everything, list):
        return tuple([everything[i] for i in np.flatnonzero(mask)] for mask in masks)  # type: ignore[return-value]
    return tuple(everything[np.flatnonzero(mask)] for mask in masks)  # type: ignore[return-value]


def inside(task: dict[str, Any], run: Callable[..., Any]) -> Iterator[Any]:
    """Every cell from its texts."""
    return run(
        delayed(run_cell)(task, cell, rows_of(task, cell["seed"], task["texts"]), task["tolerance"])
        for cell in task["cells"]
    )


def once(task: dict[str, Any], run: Callable[..., Any], cores: int) -> Iterator[Any]:
    """Every cell from matrices computed beforehand, sentence vectors with all cores."""
    names = {cell["features"] for cell in task["cells"]}
    seeds = {cell["seed"] for cell in task["cells"]}
    ready: dict[tuple[str, int], Any] = {}
    started = time.perf_counter()
    if "minilm" in names:
        import torch

        torch.set_num_threads(cores)
        vectors = MiniLm(task["folder"]).transform(task["texts"])
        ready |= {("minilm", seed): rows_of(task, seed, vectors) for seed in seeds}
    for seed in seeds if "tf_idf" in names else ():
        train, *others = rows_of(task, seed, task["texts"])
        tf_idf = features("tf_idf", "").fit(train)
        ready["tf_idf", seed] = tuple(tf_idf.transform(texts) for texts in (train, *others))
    yield {"features": "all", "arm": "(features)", "seed": -1,
           "seconds": time.perf_counter() - started}  # fmt: skip
    yield from run(
        delayed(run_cell)(task, cell, ready[cell["features"], cell["seed"]], task["tolerance"])
        for cell in task["cells"]
    )


def main() -> None:
    """Run the cells of a task file and write one JSON line each, then one with the whole time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", type=Path, help="folder with rows.npz and cells.json")
    parser.add_argument("out", type=Path, help="JSON lines are added here")
    parser.add_argument("--where", choices=("inside", "once"), required=True)
    parser.add_argument("--cores", type=int, required=True)
    parser.add_argument("--run", type=int, default=0)
    said = parser.parse_args()
    rows = np.load(said.task / "rows.npz")
    task = {name: rows[name] for name in rows.files} | json.loads(
        (said.task / "cells.json").read_text()
    )
    task["texts"] = task["texts"].tolist()
    started = time.perf_counter()
    pool = Parallel(n_jobs=said.cores, return_as="generator_unordered")
    found = inside(task, pool) if said.where == "inside" else once(task, pool, said.cores)
    with said.out.open("a", encoding="utf-8") as out:
        for line in found:
            print(json.dumps({"part": said.where, "run": said.run, **line}), file=out, flush=True)
        whole = {"whole": time.perf_counter() - started, "cells": len(task["cells"])}
        print(json.dumps({"part": said.where, "run": said.run, **whole}), file=out)


if __name__ == "__main__":
    main()
