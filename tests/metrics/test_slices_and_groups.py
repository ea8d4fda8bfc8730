"""Slices, groups and tables against tables worked by hand and fairlearn."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score, precision_score

from longshelf.errors import InputError
from longshelf.metrics import evaluate
from longshelf.metrics.evaluate import strata_of
from longshelf.slices import cut
from longshelf.tables import Rows, Scored, Targets

NATURAL = np.array([60.0, 25.0, 10.0, 5.0])
TARGETS = Targets(names=np.array(list("abcd")), natural=NATURAL)


def part(n=600, seed=0, groups=None):
    rng = np.random.default_rng(seed)
    y = rng.choice(4, n, p=NATURAL / 100)
    z = rng.normal(size=(n, 4))
    z[np.arange(n), y] += 1.5
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    frame = pl.DataFrame() if groups is None else groups(rng, n)
    rows = Rows(id=np.arange(n), inputs=pl.DataFrame(), y=y, code=y, groups=frame)
    decisions = {"argmax": z.argmax(axis=1), "tuned": (z + [0, 0.3, 0.6, 1]).argmax(axis=1)}
    return Scored(rows=rows, scores=z, raw=p, corrected=p, decisions=decisions)


def value(found, **where):
    return found.values.filter(**where)["value"].item()


def test_a_slice_averages_its_classes_over_every_row():
    scored = part()
    found, y = evaluate(scored, TARGETS, cut(NATURAL)), scored.rows.y
    for decision, d in scored.decisions.items():
        for name, labels in (("head", [0]), ("torso", [1]), ("tail", [2, 3])):
            where = {"decision": decision, "slice": name}
            args = {"labels": labels, "average": "macro", "zero_division": 0}
            assert value(found, metric="macro_f1", **where) == pytest.approx(
                f1_score(y, d, **args), abs=1e-12
            )
            assert value(found, metric="macro_precision", **where) == pytest.approx(
                precision_score(y, d, **args), abs=1e-12
            )
            rows = np.isin(y, labels)
            assert value(found, metric="accuracy", **where) == pytest.approx(
                np.mean(d[rows] == y[rows])
            )
            assert found.values.filter(metric="accuracy", **where)["support"].item() == rows.sum()


def test_what_has_no_slice_or_no_support_is_absent():
    scored = part()
    sliced = evaluate(scored, TARGETS, cut(NATURAL)).values.filter(slice_axis="target")
    assert not set(sliced["metric"]) & {"matthews", "cohen_kappa", "micro_f1", "log_loss", "brier"}
    index = np.flatnonzero(scored.rows.y != 1)
    rows = Rows(
        id=index, inputs=pl.DataFrame(), y=scored.rows.y[index], code=scored.rows.y[index],
        groups=pl.DataFrame(),
    )  # fmt: skip
    without = Scored(
        rows=rows, scores=scored.scores[index], raw=scored.raw[index],
        corrected=scored.raw[index], decisions={"argmax": scored.decisions["argmax"][index]},
    )  # fmt: skip
    values = evaluate(without, TARGETS, cut(NATURAL)).values
    torso = values.filter(slice="torso")
    assert set(torso["metric"]) <= {"ece"}


def test_small_groups_are_pooled_and_a_small_pool_is_left_out():
    frame = pl.DataFrame({"g": ["a"] * 50 + ["b"] * 20 + ["c"] * 15 + [None] * 40})
    (strata,) = strata_of(frame)
    assert strata.names == ("a", "missing", "other")
    assert np.bincount(strata.code).tolist() == [50, 40, 35]
    (strata,) = strata_of(frame.head(70))
    assert strata.names == ("a",)
    assert (strata.code == -1).sum() == 20


def test_an_axis_too_small_for_any_group_is_left_out():
    small = part(n=20, groups=lambda rng, n: pl.DataFrame({"g": rng.choice(["u", "v"], n)}))
    found = evaluate(small, TARGETS, cut(NATURAL)).values
    assert found.filter(metric="accuracy", slice="all").height == len(small.decisions)
    assert found.equals(evaluate(part(n=20), TARGETS, cut(NATURAL)).values)


def test_groups_are_filtered_rows_and_their_spread():
    scored = part(groups=lambda rng, n: pl.DataFrame({"g": rng.choice(["u", "v", "w"], n)}))
    found, y, d = evaluate(scored, TARGETS, cut(NATURAL)), scored.rows.y, scored.decisions["argmax"]
    names = scored.rows.groups["g"].to_numpy()
    each = {}
    for name in "uvw":
        rows = names == name
        each[name] = f1_score(y[rows], d[rows], labels=np.unique(y[rows]), average="macro")
        where = {"metric": "macro_f1", "decision": "argmax", "slice_axis": "g", "slice": name}
        assert value(found, **where) == pytest.approx(each[name], abs=1e-12)
    base = {"metric": "macro_f1", "decision": "argmax", "slice_axis": "g"}
    all_of = list(each.values())
    assert value(found, slice="worst", **base) == pytest.approx(min(all_of))
    assert value(found, slice="gap", **base) == pytest.approx(max(all_of) - min(all_of))
    assert value(found, slice="ratio", **base) == pytest.approx(min(all_of) / max(all_of))
    assert value(found, slice="std", **base) == pytest.approx(np.std(all_of))
    loss = found.values.filter(metric="log_loss", decision="raw", slice_axis="g", slice="worst")
    groups = found.values.filter(metric="log_loss", decision="raw", slice_axis="g")
    assert (
        loss["value"].item() == groups.filter(pl.col("slice").is_in(["u", "v", "w"]))["value"].max()
    )


def test_parity_differences_are_fairlearns_worst_class():
    from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference

    scored = part(n=900, groups=lambda rng, n: pl.DataFrame({"g": rng.choice(["u", "v"], n)}))
    found, y, d = evaluate(scored, TARGETS, cut(NATURAL)), scored.rows.y, scored.decisions["argmax"]
    names = scored.rows.groups["g"].to_numpy()
    for metric, theirs in (
        ("demographic_parity_difference", demographic_parity_difference),
        ("equalized_odds_difference", equalized_odds_difference),
    ):
        worst = max(theirs(y == c, d == c, sensitive_features=names) for c in range(4))
        where = {"metric": metric, "decision": "argmax", "slice_axis": "g", "slice": "gap"}
        assert value(found, **where) == pytest.approx(worst, abs=1e-9)


def test_units_reproduce_a_reweighted_value():
    scored = part()
    found = evaluate(scored, TARGETS, cut(NATURAL))
    columns = {
        f"{d}|macro_f1|{s}" for d in ("argmax", "tuned") for s in ("all", "head", "torso", "tail")
    }
    assert set(found.units.columns) == {"id", "unit"} | columns
    assert found.units["argmax|macro_f1|tail"].dtype == pl.Float32
    assert abs(found.units["argmax|macro_f1|tail"].mean()) < 1e-5


def test_tables_of_targets_and_reliability_by_hand():
    y = np.array([0, 0, 1, 1])
    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]])
    rows = Rows(id=np.arange(4), inputs=pl.DataFrame(), y=y, code=y, groups=pl.DataFrame())
    scored = Scored(
        rows=rows, scores=np.log(p), raw=p, corrected=p, decisions={"argmax": p.argmax(axis=1)}
    )
    targets = Targets(names=np.array(["no", "yes"]), natural=np.array([3.0, 1.0]))
    found = evaluate(scored, targets, cut(targets.natural))
    assert found.per_target.rows() == [
        ("argmax", "no", 3, 2, 0.5, 1.0),
        ("argmax", "yes", 1, 2, 1.0, pytest.approx(2 / 3)),
    ]
    raw = found.reliability.filter(stage="raw")
    assert raw.rows() == [("raw", 0, pytest.approx(0.75), pytest.approx(0.75), 4)]
    assert "ece" not in set(found.values["metric"])


def test_expected_cost_needs_costs_and_says_so():
    scored = part()
    with pytest.raises(InputError, match="expected_cost cannot measure"):
        evaluate(scored, TARGETS, cut(NATURAL), primary="expected_cost")
    costs = np.abs(np.subtract.outer(np.arange(4), np.arange(4))).astype(float)
    found = evaluate(scored, TARGETS, cut(NATURAL), primary="expected_cost", costs=costs)
    d, y = scored.decisions["tuned"], scored.rows.y
    where = {"metric": "expected_cost", "decision": "tuned", "slice": "all"}
    assert value(found, **where) == pytest.approx(np.abs(d - y).mean())
    assert "tuned|expected_cost|all" in found.units.columns
