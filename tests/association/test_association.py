"""Association rules against a table worked by hand, mlxtend, and simulated baskets."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

import longshelf as ls
from longshelf.association import MEASURES, Baskets, baskets_of, measures, mine
from longshelf.errors import InputError
from longshelf.models import AssociationRules
from longshelf.strategies import Strategy
from longshelf.tables import Card, Dataset, Rows, Schema, Targets

LINES = [
    ("bread", "butter", "jam"), ("bread", "butter"), ("bread", "butter"), ("bread", "jam"),
    ("butter",), ("milk",), ("bread", "milk"), ("milk", "jam"),
]  # fmt: skip


def packed(lines) -> Baskets:
    frame = pl.DataFrame(
        [(k, item) for k, line in enumerate(lines) for item in line], schema=["basket", "item"],
        orient="row",
    )  # fmt: skip
    schema = Schema(user="basket", item="item")
    card = Card(title="baskets", licence="none")
    return baskets_of(Dataset(name="baskets", rows=frame, schema=schema, card=card))


def rule(found: pl.DataFrame, first, second) -> dict:
    chosen = [r for r in found.to_dicts() if (r["antecedent"], r["consequent"]) == (first, second)]
    assert len(chosen) == 1
    return chosen[0]


def test_a_table_worked_by_hand() -> None:
    """Of 8 baskets 5 hold bread, 4 butter, 3 both."""
    found = rule(mine(packed(LINES)), ["bread"], ["butter"])
    assert found["baskets"] == 3
    assert found["support"] == pytest.approx(3 / 8)
    assert found["confidence"] == pytest.approx(3 / 5)
    assert found["lift"] == pytest.approx((3 / 8) / (5 / 8 * 4 / 8))
    assert found["leverage"] == pytest.approx(3 / 8 - 5 / 8 * 4 / 8)
    assert found["conviction"] == pytest.approx((5 / 8 * 4 / 8) / (2 / 8))
    for name in MEASURES:
        assert found[f"{name}_low"] < found[name] < found[f"{name}_high"]


def test_a_rule_without_exception_has_no_finite_conviction() -> None:
    found = rule(mine(packed([("a", "b"), ("a", "b"), ("b",), ("c",)])), ["a"], ["b"])
    assert found["confidence"] == 1.0
    assert found["conviction"] == np.inf


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("longest", [2, 3])
def test_rules_equal_those_of_mlxtend(longest: int) -> None:
    import pandas as pd
    from mlxtend.frequent_patterns import apriori, association_rules

    rng = np.random.default_rng(0)
    dense = rng.random((400, 9)) < rng.uniform(0.1, 0.5, 9)
    dense[:, 1] |= dense[:, 0] & (rng.random(400) < 0.6)
    names = np.array(list("abcdefghi"))
    ours = mine(Baskets(sp.csr_matrix(dense), names), support=0.03, confidence=0.2, longest=longest)
    frequent = apriori(
        pd.DataFrame(dense, columns=names), min_support=0.03, use_colnames=True, max_len=longest
    )
    theirs = association_rules(frequent, metric="confidence", min_threshold=0.2)
    wanted = {
        (tuple(sorted(r.antecedents)), tuple(sorted(r.consequents))): r for r in theirs.itertuples()
    }
    assert ours.height == len(wanted) > 20
    for row in ours.to_dicts():
        other = wanted[tuple(row["antecedent"]), tuple(row["consequent"])]
        for name in MEASURES:
            assert row[name] == pytest.approx(getattr(other, name)), name


def test_pairs_by_product_equal_fp_growth() -> None:
    rng = np.random.default_rng(1)
    baskets = Baskets(sp.csr_matrix(rng.random((300, 8)) < 0.3), np.array(list("abcdefgh")))
    short = mine(baskets, support=0.05)
    long = mine(baskets, support=0.05, longest=3).filter(
        (pl.col("antecedent").list.len() == 1) & (pl.col("consequent").list.len() == 1)
    )
    assert short.equals(long)


def test_intervals_cover_the_truth() -> None:
    """2,000 draws of 500 baskets with P(A) .3, P(B) .2, P(AB) .09."""
    rng = np.random.default_rng(0)
    n, ab, a, b = 500, 0.09, 0.3, 0.2
    cells = rng.multinomial(n, [ab, a - ab, b - ab, 1 - a - b + ab], size=2000).astype(float)
    both, first, second = cells[:, 0], cells[:, 0] + cells[:, 1], cells[:, 0] + cells[:, 2]
    found = measures(both, first, second, float(n))
    truth = {
        "support": ab, "confidence": ab / a, "lift": ab / (a * b), "leverage": ab - a * b,
        "conviction": a * (1 - b) / (a - ab),
    }  # fmt: skip
    for name, value in truth.items():
        inside = (found[f"{name}_low"] <= value) & (value <= found[f"{name}_high"])
        assert 0.93 < inside.mean() < 0.985, name


def test_a_rule_that_never_failed_is_still_unsure() -> None:
    """Two of two against 200 of 200, in 10,000 baskets of which a tenth hold B."""
    few, many = (
        measures(np.array([n]), np.array([n]), np.array([1000.0]), 10_000.0) for n in (2.0, 200.0)
    )
    assert few["lift"][0] == many["lift"][0] == pytest.approx(10.0)
    assert few["lift_low"][0] < 4 < 9 < many["lift_low"][0] < 10 < many["lift_high"][0]
    assert few["conviction"][0] == few["conviction_high"][0] == np.inf
    assert few["conviction_low"][0] < many["conviction_low"][0] < np.inf


def test_order_and_bounds() -> None:
    baskets = packed(LINES)
    by_leverage = mine(baskets, by="leverage")["leverage"].to_numpy()
    assert (np.diff(by_leverage) <= 1e-15).all()
    assert mine(baskets, support=0.3)["support"].min() >= 0.3
    assert mine(baskets, confidence=0.7)["confidence"].min() >= 0.7
    assert mine(baskets, support=1.0).height == 0
    with pytest.raises(InputError, match="did you mean 'lift'"):
        mine(baskets, by="lfit")
    with pytest.raises(InputError, match="support in"):
        mine(baskets, support=0)
    with pytest.raises(InputError, match="basket column"):
        baskets_of(ls.load("marketplace(problem='interactions', users=20, items=100)"), "nothing")
    with pytest.raises(InputError, match="item column"):
        baskets_of(ls.load("marketplace(items=100)"))


def test_an_item_counts_once_in_a_basket() -> None:
    baskets = packed([("a", "a", "b"), ("a",)])
    assert baskets.matrix.sum() == 3
    assert rule(mine(baskets), ["b"], ["a"])["confidence"] == 1.0


def pairs(first, second, items: int):
    code = np.asarray(second)
    rows = Rows(
        id=np.arange(len(code)), inputs=pl.DataFrame({"first": first}), y=code, code=code,
        groups=pl.DataFrame(), source=np.asarray(first),
    )  # fmt: skip
    targets = Targets(names=np.arange(items).astype(str), kind="item").observed(rows)
    return np.asarray(first)[:, None] + 1, rows, targets


def test_the_recommender_ranks_by_its_rules_then_by_popularity() -> None:
    """Item 0 goes with 1 four times and with 2 twice; 3 is popular elsewhere; 4 is not met."""
    first = [0] * 6 + [5] * 8 + [2, 2]
    second = [1] * 4 + [2] * 2 + [3] * 8 + [0, 0]
    X, rows, targets = pairs(first, second, 6)
    how = (rows, None, targets, Strategy(), np.random.default_rng(0))
    fitted = AssociationRules(by="confidence", cautious=False).fit(X, *how)
    lists = fitted.rank(np.array([[1], [0]]), 4)
    assert lists.ids[0, :3].tolist() == [1, 2, 3]
    assert lists.ids[1, 0] == 3
    by_lift = AssociationRules(by="lift", cautious=False).fit(X, *how)
    assert set(by_lift.rank(np.array([[1]]), 2).ids[0].tolist()) == {1, 2}


def test_caution_prefers_the_rule_that_rests_on_more() -> None:
    """0 → 1 in 2 of 2 rows with 1; 0 → 2 in 40 of 50 rows with 2."""
    first = [0] * 42 + [3] * 10 + [4] * 200
    second = [1] * 2 + [2] * 40 + [2] * 10 + [5] * 200
    X, rows, targets = pairs(first, second, 6)
    how = (rows, None, targets, Strategy(), np.random.default_rng(0))
    bold = AssociationRules(by="lift", cautious=False).fit(X, *how).rank(np.array([[1]]), 1)
    careful = AssociationRules(by="lift").fit(X, *how).rank(np.array([[1]]), 1)
    assert bold.ids[0, 0] == 1
    assert careful.ids[0, 0] == 2


def test_arguments_have_bounds() -> None:
    with pytest.raises(InputError, match="measure"):
        AssociationRules(by="zhang")
    with pytest.raises(InputError, match="least"):
        AssociationRules(least=0)


@pytest.mark.real_data
def test_groceries_hold_the_rules_every_textbook_prints() -> None:
    import os

    if not os.environ.get("LONGSHELF_DATA"):
        pytest.skip("LONGSHELF_DATA does not say where the data sets are")
    found = mine(baskets_of(ls.load("groceries")), support=0.01, confidence=0.5, longest=3)
    best = rule(found, ["citrus fruit", "root vegetables"], ["other vegetables"])
    assert found.height == 15
    assert best["lift"] == pytest.approx(3.029, abs=1e-3)
    assert best["confidence"] == pytest.approx(0.586, abs=1e-3)
