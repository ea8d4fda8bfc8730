"""The validation part decides how many generated rows stay; held against doing it by hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from long_tailed import rows_of

import longshelf as ls
from longshelf.errors import InputError, NotApplicable
from longshelf.generators.ledger import opened
from longshelf.strategies import Strategy, ValidAmount
from longshelf.strategies.expand.valid_amount import standing
from longshelf.tables import Targets, Valid

OBSERVED = [0] * 6 + [1] * 2
MADE = [1, 0, 1, 0, 0, 1, 0, 1, 1, 1]


@dataclass
class Scripted:
    """Is right about as many validation rows as its script says for the number of rows it meets."""

    right: dict[int, int]
    met: list[tuple] = field(default_factory=list)

    def fit(self, X, rows, valid, targets, strategy, rng):
        self.met.append((rows.id.tolist(), targets.seen.tolist(), rng.random()))
        return replace_scores(self.right[len(rows)], valid.rows.code)


def replace_scores(right, truth):
    said = np.where(np.arange(len(truth)) < right, truth, 1 - truth)

    class Fitted:
        def scores(self, X):
            return np.eye(2)[said]

        rows = right

    return Fitted()


@pytest.fixture
def part():
    code = np.array(OBSERVED + MADE)
    origin = np.array(["observed"] * len(OBSERVED) + ["eda"] * len(MADE))
    rows = rows_of(code, code, origin=origin)
    targets = Targets(names=np.array(["hats", "bags"])).observed(rows)
    held = np.array([0, 1] * 5)
    valid = Valid(X=np.zeros((10, 1)), rows=rows_of(held, held))
    return rows, targets, valid


def chosen(part, right, shares=(0, 0.5, 1)):
    rows, targets, valid = part
    model = Scripted(right)
    with opened() as ledger:
        ledger.asked.update(hats=4, bags=6)
        ledger.delivered.update(hats=4, bags=6)
        X = np.zeros((len(rows), 1))
        fitted = ValidAmount(shares=shares).fit(
            model, X, rows, valid, targets, Strategy(), np.random.default_rng(3)
        )
    return fitted, model.met, ledger.as_dict()


def test_the_best_on_valid_stays_and_what_it_did_not_read_is_counted(part) -> None:
    fitted, met, told = chosen(part, {8: 4, 13: 9, 18: 6})
    assert fitted.rows == 9
    assert [len(ids) for ids, _, _ in met] == [8, 13, 18]
    assert [seen for _, seen, _ in met] == [[6, 2], [8, 5], [10, 8]]
    assert told == {
        "bags": {"asked": 6, "delivered": 3, "dropped": {"validation": 3}},
        "hats": {"asked": 4, "delivered": 2, "dropped": {"validation": 2}},
    }


def test_parts_are_nested_and_every_fit_starts_alike(part) -> None:
    _, met, _ = chosen(part, {8: 4, 13: 9, 18: 6})
    assert set(met[0][0]) < set(met[1][0]) < set(met[2][0]) == set(range(18))
    assert len({start for _, _, start in met}) == 1


@pytest.mark.parametrize(
    ("right", "left"),
    [({8: 5, 13: 5, 18: 5}, 10), ({8: 1, 13: 5, 18: 5}, 5), ({8: 1, 13: 2, 18: 3}, 0)],
    ids=["none", "half", "all"],
)
def test_fewer_rows_win_a_tie(part, right, left) -> None:
    _, _, told = chosen(part, right)
    assert sum(entry["dropped"].get("validation", 0) for entry in told.values()) == left


def test_without_generated_rows_it_has_nothing_to_choose_from(part) -> None:
    rows, targets, valid = part
    for bare in (replace(rows, origin=None), replace(rows, origin=np.full(len(rows), "observed"))):
        with pytest.raises(NotApplicable, match="none was generated"):
            ValidAmount().fit(None, None, bare, valid, targets, Strategy(), None)
    items = replace(targets, kind="item")
    with pytest.raises(NotApplicable, match="these are items"):
        ValidAmount().fit(None, None, rows, valid, items, Strategy(), None)


@pytest.mark.parametrize("shares", [(), (0.5, 0.5), (1, 0), (-0.1, 1), (0, 1.1)])
def test_shares_rise_within_none_and_all(shares) -> None:
    with pytest.raises(InputError, match="must rise within 0 and 1"):
        ValidAmount(shares=shares)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_each_target_keeps_its_share(code) -> None:
    code = np.array(code)
    for share in (0.0, 0.3, 0.5, 1.0):
        kept = np.bincount(code[standing(code) <= share], minlength=4)
        assert (kept == np.floor(share * np.bincount(code, minlength=4) + 1e-9)).all()


def test_a_whole_fit_is_the_one_with_that_share_by_hand(tmp_path) -> None:
    shop = ls.load("marketplace(items=300, imbalance=20)")
    written = "Expand(generator='ngram', to='2x')"
    cache = ls.cache.Cache(tmp_path)
    arms = {
        share: ls.fit(shop, strategy=f"{written} + ValidAmount(shares=({share},))", cache=cache)
        for share in (0, 0.5, 1)
    }
    plain = ls.fit(shop, strategy=written, cache=cache)
    np.testing.assert_array_equal(arms[1].predicted.test.scores, plain.predicted.test.scores)
    free = ls.fit(shop, strategy=f"{written} + ValidAmount(shares=(0, 0.5, 1))", cache=cache)
    by_hand = max(arms, key=lambda share: (on_valid(arms[share]), -share))
    np.testing.assert_array_equal(free.predicted.test.scores, arms[by_hand].predicted.test.scores)
    kept = sum(entry["delivered"] for entry in free.about["generated"].values())
    all_of_them = sum(entry["delivered"] for entry in plain.about["generated"].values())
    assert kept == pytest.approx(by_hand * all_of_them, abs=len(free.about["generated"]))


def on_valid(arm):
    from longshelf.quick import quick_score

    scores = arm.learned.fitted.scores(arm.learned.X_valid)
    return quick_score(scores, arm.parts.valid.code, arm.parts.targets)
