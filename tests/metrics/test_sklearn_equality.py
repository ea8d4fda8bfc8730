"""Every classification metric against scikit-learn, on small and awkward inputs."""

import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn import metrics as sk

from longshelf.metrics import evaluate
from longshelf.slices import cut
from longshelf.tables import Rows, Scored, Targets

QUIET = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def scored(z, y, groups=None):
    p = softmax(z, axis=1)
    rows = Rows(
        id=np.arange(len(y)),
        inputs=pl.DataFrame(),
        y=y,
        code=y,
        groups=pl.DataFrame() if groups is None else groups,
    )
    decisions = {"argmax": z.argmax(axis=1)}
    return Scored(rows=rows, scores=z, raw=p, corrected=p, decisions=decisions)


def measured(z, y, natural, **more):
    targets = Targets(
        names=np.array([f"c{i}" for i in range(z.shape[1])]),
        natural=natural,
        rank=np.arange(z.shape[1]),
    )
    values = evaluate(scored(z, y), targets, cut(natural), **more).values
    whole = values.filter(pl.col("slice") == "all", pl.col("decision") != "corrected")
    return dict(zip(whole["metric"], whole["value"], strict=True))


@st.composite
def problems(draw):
    classes = draw(st.integers(2, 6))
    n = draw(st.integers(1, 40))
    y = np.array(draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n)))
    levels = draw(st.sampled_from([2, 4, 1000]))
    flat = draw(st.lists(st.integers(0, levels), min_size=n * classes, max_size=n * classes))
    z = np.array(flat, dtype=float).reshape(n, classes) * (8 / levels)
    natural = np.arange(classes, 0, -1) * 10.0
    return z, y, natural


@QUIET
@given(problems())
def test_decisions_equal_scikit_learn(problem):
    z, y, natural = problem
    found, d = measured(z, y, natural), z.argmax(axis=1)
    present = np.unique(y)
    given = {"labels": present, "zero_division": 0}
    kept = np.isin(d, present)
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(y, d), abs=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert found["balanced_accuracy"] == pytest.approx(
            sk.balanced_accuracy_score(y, d), abs=1e-9
        )
        mcc = sk.matthews_corrcoef(y, d)
        kappa = sk.cohen_kappa_score(y, d, labels=np.arange(z.shape[1]))
        quadratic = sk.cohen_kappa_score(y, d, labels=np.arange(z.shape[1]), weights="quadratic")
    assert found["matthews"] == pytest.approx(mcc, abs=1e-9)
    assert found.get("cohen_kappa", np.nan) == pytest.approx(kappa, abs=1e-9, nan_ok=True)
    assert found.get("quadratic_kappa", np.nan) == pytest.approx(quadratic, abs=1e-9, nan_ok=True)
    for average in ("macro", "weighted"):
        for name in ("precision", "recall", "f1"):
            theirs = getattr(sk, f"{name}_score")(y, d, average=average, **given)
            assert found[f"{average}_{name}"] == pytest.approx(theirs, abs=1e-9)
    assert found["micro_f1"] == pytest.approx(sk.f1_score(y, d, average="micro"), abs=1e-9)
    recalls = sk.recall_score(y, d, average=None, **given)
    assert found["geometric_mean"] == pytest.approx(
        np.prod(recalls) ** (1 / len(recalls)), abs=1e-9
    )
    assert kept.shape == y.shape


@QUIET
@given(problems())
def test_decided_only_classes_count_when_asked(problem):
    from longshelf.metrics import MacroF1, MacroPrecision

    z, y, natural = problem
    met = [MacroF1(over="met"), MacroPrecision(over="met")]
    found, d = measured(z, y, natural, metrics=met), z.argmax(axis=1)
    assert found["macro_f1(over='met')"] == pytest.approx(
        sk.f1_score(y, d, average="macro", zero_division=0), abs=1e-9
    )
    assert found["macro_precision(over='met')"] == pytest.approx(
        sk.precision_score(y, d, average="macro", zero_division=0), abs=1e-9
    )


@QUIET
@given(problems())
def test_scores_equal_scikit_learn(problem):
    z, y, natural = problem
    classes = z.shape[1]
    found, p = measured(z, y, natural), softmax(z, axis=1)
    ways = [1] if classes == 2 else range(classes)
    sorted_by = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    if classes == 2:
        sorted_by = np.stack([z[:, 0] - z[:, 1], z[:, 1] - z[:, 0]], axis=1)
    areas, precisions, recalls = [], [], []
    for c in ways:
        hot = y == c
        if 0 < hot.sum() < len(y):
            # the columns both sides sort are the same floats: ties stay ties
            column = scored_column(z, c) if classes > 2 else sorted_by[:, c]
            areas.append(sk.roc_auc_score(hot, column))
            precisions.append(sk.average_precision_score(hot, column))
            precision, recall, _ = sk.precision_recall_curve(hot, column)
            recalls.append(recall[precision >= 0.9].max(initial=0.0))
    assert found.get("auroc", np.nan) == pytest.approx(
        np.mean(areas) if areas else np.nan, abs=1e-9, nan_ok=True
    )
    assert found.get("auprc", np.nan) == pytest.approx(
        np.mean(precisions) if areas else np.nan, abs=1e-9, nan_ok=True
    )
    assert found.get("recall@precision=0.9", np.nan) == pytest.approx(
        np.mean(recalls) if areas else np.nan, abs=1e-9, nan_ok=True
    )
    if classes > 5:
        theirs = sk.top_k_accuracy_score(y, z, k=5, labels=np.arange(classes))
        assert found["top_accuracy@5"] == pytest.approx(theirs, abs=1e-9)
    labels = np.arange(classes)
    assert found["log_loss"] == pytest.approx(sk.log_loss(y, p, labels=labels), abs=1e-9)
    if classes == 2:
        brier = sk.brier_score_loss(y, p[:, 1], labels=labels)
    else:
        brier = sk.brier_score_loss(y, p, labels=labels, scale_by_half="auto")
    assert found["brier"] == pytest.approx(brier, abs=1e-9)


def scored_column(z, c):
    from longshelf.corrections import log_probabilities

    targets = Targets(names=np.array(["x"] * z.shape[1]))
    return np.ascontiguousarray(log_probabilities(z, targets).T)[c]


@QUIET
@given(st.integers(0, 10_000))
def test_labels_equal_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    n, classes = int(rng.integers(2, 40)), int(rng.integers(2, 6))
    hot = (rng.random((n, classes)) < 0.4).astype(np.float32)
    z = rng.integers(-2, 3, (n, classes)).astype(float)
    d = (z > 0).astype(np.int8)
    import scipy.sparse as sp

    rows = Rows(
        id=np.arange(n), inputs=pl.DataFrame(), y=hot, code=sp.csr_matrix(hot),
        groups=pl.DataFrame(),
    )  # fmt: skip
    p = 1 / (1 + np.exp(-z))
    part = Scored(rows=rows, scores=z, raw=p, corrected=p, decisions={"argmax": d})
    natural = np.arange(classes, 0, -1) * 5.0
    targets = Targets(
        names=np.array([f"l{i}" for i in range(classes)]), kind="multilabel", natural=natural
    )
    values = evaluate(part, targets, cut(natural)).values.filter(
        pl.col("slice") == "all", pl.col("decision") != "corrected"
    )
    found = dict(zip(values["metric"], values["value"], strict=True))
    labels = np.flatnonzero(hot.any(axis=0))
    if len(labels) == 0:
        return
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(hot, d), abs=1e-9)
    for average in ("macro", "weighted"):
        for name in ("precision", "recall", "f1"):
            theirs = getattr(sk, f"{name}_score")(
                hot, d, average=average, labels=labels, zero_division=0
            )
            assert found[f"{average}_{name}"] == pytest.approx(theirs, abs=1e-9)
    micro = sk.f1_score(hot, d, average="micro", zero_division=0)
    assert found["micro_f1"] == pytest.approx(micro, abs=1e-9)
    both = [c for c in range(classes) if 0 < hot[:, c].sum() < n]
    if both:
        area = np.mean([sk.roc_auc_score(hot[:, c], z[:, c]) for c in both])
        assert found["auroc"] == pytest.approx(area, abs=1e-9)
    loss = np.mean([sk.log_loss(hot[:, c], p[:, c], labels=[0, 1]) for c in range(classes)])
    assert found["ovr_log_loss"] == pytest.approx(loss, abs=1e-9)


def test_values_equal_scikit_learn():
    rng = np.random.default_rng(0)
    y, d = rng.normal(size=80), rng.normal(size=80)
    code = (y > 0).astype(int)
    rows = Rows(id=np.arange(80), inputs=pl.DataFrame(), y=y, code=code, groups=pl.DataFrame())
    column = d[:, None]
    part = Scored(rows=rows, scores=column, raw=column, corrected=column, decisions={"argmax": d})
    natural = np.array([90.0, 10.0])
    targets = Targets(names=np.array(["low", "high"]), kind="value", natural=natural)
    values = evaluate(part, targets, cut(natural), primary="mae").values
    found = {(m, s): v for m, s, v in values.select("metric", "slice", "value").iter_rows()}
    assert found["mae", "all"] == pytest.approx(sk.mean_absolute_error(y, d), abs=1e-12)
    assert found["rmse", "all"] == pytest.approx(sk.root_mean_squared_error(y, d), abs=1e-12)
    tail = code == 1
    assert found["mae", "tail"] == pytest.approx(np.abs(y - d)[tail].mean(), abs=1e-12)
    assert found["geometric_mean_error", "tail"] == pytest.approx(
        np.exp(np.log(np.abs(y - d)[tail]).mean()), abs=1e-12
    )
