"""Influences against a numeric derivative of the reweighted metric; intervals against resampling."""

import numpy as np
import polars as pl
import pytest
from scipy.special import softmax

from longshelf.components import known
from longshelf.metrics import evaluate
from longshelf.metrics.reading import Reading, Strata
from longshelf.slices import cut
from longshelf.tables import Rows, Scored, Targets

NATURAL = np.array([60.0, 25.0, 10.0, 5.0])


def reading(kind, n=130, seed=0, weights=None):
    rng = np.random.default_rng(seed)
    classes = 2 if kind == "binary" else 4
    natural = NATURAL[:classes]
    y = rng.choice(classes, n, p=natural / natural.sum())
    z = rng.normal(size=(n, classes)).round(1)
    z[np.arange(n), y] += 1.0
    targets = Targets(
        names=np.array([f"c{i}" for i in range(classes)]),
        natural=natural,
        rank=np.arange(classes),
        kind="multilabel" if kind == "labels" else "class",
    )
    p, code, decided = softmax(z, axis=1), y, z.argmax(axis=1)
    if kind == "labels":
        import scipy.sparse as sp

        y = (rng.random((n, classes)) < 0.3).astype(float)
        z = z + 2 * y - 1.5
        p, code, decided = 1 / (1 + np.exp(-z)), sp.csr_matrix(y), (z > 0).astype(np.int8)
    if kind == "value":
        targets = Targets(names=targets.names, natural=natural, kind="value")
        code, decided = y, y + rng.normal(size=n)
        y = code.astype(float)
    own, same = pl.DataFrame({"x": range(n)}), pl.DataFrame({"g": ["a"] * n})
    rows = Rows(id=np.arange(n), inputs=own, y=y, code=code, groups=same)
    part = Scored(rows=rows, scores=z, raw=p, corrected=p**2, decisions={"argmax": decided})
    costs = np.abs(np.subtract.outer(np.arange(classes), 2.0 * np.arange(classes)))
    return Reading(part, targets, costs, weights)


def cases():
    for kind in ("class", "binary", "labels", "value"):
        part = reading(kind)
        for cls in known("metric").values():
            metric = cls()
            if metric.applies(part):
                yield pytest.param(kind, metric, id=f"{kind}-{metric.id}")


@pytest.mark.parametrize(("kind", "metric"), list(cases()))
def test_influence_is_the_derivative(kind, metric):
    part = reading(kind)
    n, classes = part.n, len(part.targets)
    members = np.stack([np.ones(classes, dtype=bool), np.arange(classes) >= classes - 1])
    if not metric.sliced:
        members = members[:1]
    code = np.arange(n) % 3 - 1
    partitions = [Strata.whole(n), Strata(("a", "b"), code, "g")]
    for strata in partitions if metric.grouped else partitions[:1]:
        for source in metric.sources(part):
            found = metric.measure(part, source, strata, members)
            if found.influence is None:
                assert metric.id.startswith("recall@precision")
                continue
            assert np.all(found.influence[:, strata.code < 0] == 0)
            for row in (0, 1, 2, 50, 77, 91):
                moved = []
                for step in (1e-5, -1e-5):
                    weights = np.ones(n)
                    weights[row] += step
                    other = Reading(part.scored, part.targets, part.costs, weights)
                    moved.append(metric.measure(other, source, strata, members).value)
                slope = np.nan_to_num(moved[0] - moved[1]) / 2e-5
                for g in range(len(strata)):
                    size = (strata.code == g).sum()
                    expected = slope[g] * size
                    mine = found.influence[:, row] if strata.code[row] == g else 0 * expected
                    ok = np.isfinite(found.value[g])
                    assert mine[ok] == pytest.approx(expected[ok], rel=2e-4, abs=2e-5)


def test_reduce_repeats_rows():
    part = reading("class")
    rng = np.random.default_rng(1)
    times = rng.integers(0, 3, part.n)
    again = np.repeat(np.arange(part.n), times)
    scored = part.scored
    more = Scored(
        rows=scored.rows.take(again), scores=scored.scores[again], raw=scored.raw[again],
        corrected=scored.corrected[again], decisions={"argmax": scored.decisions["argmax"][again]},
    )  # fmt: skip
    repeated = Reading(more, part.targets, part.costs)
    ones = np.ones(len(again))
    for cls in known("metric").values():
        metric = cls()
        if metric.applies(part) and "ece" not in metric.id:
            for source in metric.sources(part):
                assert metric.reduce(part, source, times.astype(float)) == pytest.approx(
                    metric.reduce(repeated, source, ones), abs=1e-9
                )


def test_auprc_influence_agrees_with_the_delete_one_jackknife():
    from longshelf.metrics import Auprc

    part = reading("binary", n=200, seed=3)
    metric, n = Auprc(), 200
    found = metric.measure(part, "score", Strata.whole(n), np.ones((1, 2), dtype=bool))
    value, influence = found.value[0, 0], found.influence[0]
    weights = np.ones((n, n)) - np.eye(n)
    without = np.array([metric.reduce(part, "score", row) for row in weights])
    pseudo = (n - 1) * (value - without)
    assert np.corrcoef(pseudo, influence)[0, 1] > 0.99
    assert pseudo.std() == pytest.approx(influence.std(), rel=0.03)


def test_intervals_cover_the_truth():
    """Macro-F1, AUROC, AUPRC and accuracy of new samples lie in 95% intervals about as often."""
    rng = np.random.default_rng(0)
    prior = np.array([0.5, 0.3, 0.15, 0.05])
    targets = Targets(names=np.array(list("abcd")), natural=prior * 1000)
    names = ["macro_f1", "auroc", "auprc", "accuracy", "brier"]

    def part(n):
        y = rng.choice(4, n, p=prior)
        z = rng.normal(size=(n, 4))
        z[np.arange(n), y] += 1.5
        p = softmax(z, axis=1)
        rows = Rows(id=np.arange(n), inputs=pl.DataFrame(), y=y, code=y, groups=pl.DataFrame())
        return Scored(
            rows=rows, scores=z, raw=p, corrected=p, decisions={"argmax": z.argmax(axis=1)}
        )

    from longshelf.components import build

    chosen = [build("metric", name) for name in names]

    def table(n):
        values = evaluate(part(n), targets, cut(targets.natural), metrics=chosen).values
        whole = values.filter(pl.col("slice") == "all", pl.col("decision") != "corrected")
        return {row["metric"]: row for row in whole.iter_rows(named=True)}

    truth = {name: row["value"] for name, row in table(200_000).items()}
    runs = [table(400) for _ in range(200)]
    for name in names:
        inside = np.mean([run[name]["low"] <= truth[name] <= run[name]["high"] for run in runs])
        assert inside > 0.89, (name, inside)


def test_rows_with_equal_inputs_are_one_unit():
    part = reading("class", n=100).scored
    twice = np.tile(np.arange(100), 2)
    inputs = pl.DataFrame({"title": [f"t{i}" for i in twice]})
    rows = part.rows.take(twice)
    rows = Rows(id=np.arange(200), inputs=inputs, y=rows.y, code=rows.code, groups=pl.DataFrame())
    doubled = Scored(
        rows=rows, scores=part.scores[twice], raw=part.raw[twice], corrected=part.raw[twice],
        decisions={"argmax": part.decisions["argmax"][twice]},
    )  # fmt: skip
    targets = Targets(names=np.array(list("abcd")), natural=NATURAL)
    once = evaluate(part, targets, cut(NATURAL)).values
    both = evaluate(doubled, targets, cut(NATURAL))
    pick = {"metric": "macro_f1", "slice": "all", "decision": "argmax"}
    assert both.units["unit"].n_unique() == 100
    for column in ("value", "low", "high"):
        assert both.values.filter(**pick)[column].item() == pytest.approx(
            once.filter(**pick)[column].item(), abs=1e-9
        )
