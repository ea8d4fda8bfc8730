"""Every figure against a hand-worked table, a plain loop or a reference library."""

import json
import math
import os
import time

import numpy as np
import polars as pl
import pytest
from scipy.stats.contingency import association
from sklearn.dummy import DummyClassifier
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
)

from longshelf.diagnosis import diagnose
from longshelf.diagnosis.balance import Balance, gini, lorenz
from longshelf.diagnosis.rivals import Rivals
from longshelf.errors import InputError
from longshelf.tables import Card, Dataset, Schema


def made(columns, **roles):
    card = Card(title="by hand", licence="own")
    return Dataset(name="hand", rows=pl.DataFrame(columns), schema=Schema(**roles), card=card)


def labels(**counts):
    return [name for name, count in counts.items() for _ in range(count)]


def test_balance_by_hand():
    # shares 1/2, 1/4, 1/8, 1/8: entropy 7/4 bits
    seen = diagnose(made({"y": labels(a=8, b=4, c=2, d=2)}, label=("y",))).balance
    assert (seen.rows, seen.classes, seen.largest, seen.smallest) == (16, 4, 8, 2)
    assert seen.ratio == 4.0
    assert seen.effective == pytest.approx(2**1.75)
    # ascending 2 2 4 8, weights -3 -1 1 3: (-6 - 2 + 4 + 24) / (3 * 16)
    assert seen.gini == pytest.approx(20 / 48)
    assert seen.under_10 == 4
    assert seen.minority == 0.125


def test_gini_is_the_mean_difference():
    sizes = np.random.default_rng(0).integers(1, 50, 30).astype(float)
    n = len(sizes)
    pairs = sum(abs(a - b) for a in sizes for b in sizes) / (n * (n - 1))
    assert gini(sizes) == pytest.approx(pairs / (2 * sizes.mean()))


def test_lorenz_ends_and_bounds():
    points = lorenz(np.arange(1.0, 5001), points=50)
    assert points[0] == (0.0, 0.0)
    assert points[-1] == (1.0, 1.0)
    assert len(points) == 51
    half = dict(points)[0.5]
    assert half == pytest.approx(2500 * 2501 / (5000 * 5001))


def test_shelves_and_classes_by_hand():
    seen = diagnose(made({"y": labels(a=60, b=25, c=10, d=5)}, label=("y",)))
    assert [(s.name, s.targets, s.rows, s.share) for s in seen.shelves] == [
        ("head", 1, 60, 0.6), ("torso", 1, 25, 0.25), ("tail", 2, 15, 0.15),
    ]  # fmt: skip
    assert seen.classes["slice"].to_list() == ["head", "torso", "tail", "tail"]
    by_count = diagnose(made({"y": labels(a=101, b=20, c=19)}, label=("y",)), rule="count")
    assert by_count.classes["slice"].to_list() == ["head", "torso", "tail"]


@pytest.mark.parametrize("counts", [(750, 250), (600, 300, 90, 10)])
def test_rivals_are_what_dummies_score(counts):
    y = np.repeat(np.arange(len(counts)), counts)
    X, ours = np.zeros((len(y), 1)), Rivals.of(np.array(counts, dtype=float))
    constant = DummyClassifier(strategy="prior").fit(X, y)
    said = constant.predict(X)
    assert ours.majority_accuracy == pytest.approx(accuracy_score(y, said))
    macro = f1_score(y, said, average="macro", zero_division=0)
    assert ours.majority_macro_f1 == pytest.approx(macro)
    assert ours.balanced_accuracy == pytest.approx(balanced_accuracy_score(y, said))
    assert ours.log_loss == pytest.approx(log_loss(y, constant.predict_proba(X)))
    base = [average_precision_score(y == c, np.zeros(len(y))) for c in range(len(counts))]
    assert ours.auprc == pytest.approx(min(base) if len(counts) == 2 else np.mean(base))


def test_random_rival_is_what_a_random_dummy_comes_to():
    y = np.repeat(np.arange(3), (60_000, 30_000, 10_000))
    X = np.zeros((len(y), 1))
    said = DummyClassifier(strategy="stratified", random_state=0).fit(X, y).predict(X)
    ours = Rivals.of(np.array([6.0, 3, 1]))
    assert ours.random_accuracy == pytest.approx(accuracy_score(y, said), abs=0.01)
    assert ours.random_macro_f1 == pytest.approx(f1_score(y, said, average="macro"), abs=0.01)
    balanced = balanced_accuracy_score(y, said)
    assert ours.balanced_accuracy == pytest.approx(balanced, abs=0.01)


def test_crosstab_against_scipy_and_by_hand():
    rng = np.random.default_rng(0)
    who = rng.choice(["f", "m", "x"], 500, p=[0.6, 0.35, 0.05])
    y = np.where(rng.random(500) < 0.3, who, rng.choice(["p", "q"], 500))
    table = diagnose(made({"y": y, "who": who}, label=("y",), group=("who",))).crosstabs[0]
    grid = np.array([[np.sum((who == g) & (y == c)) for c in np.unique(y)] for g in np.unique(who)])
    assert table.cramers_v == pytest.approx(association(grid, method="cramer"))
    assert table.empty == (grid == 0).sum()
    assert table.under_30 == ((grid > 0) & (grid < 30)).sum()
    assert [cell.rows for cell in table.smallest] == sorted(grid[grid > 0])[:5]
    assert [name for name, _ in table.groups] == ["f", "m", "x"]


def test_crosstab_leaves_out_rows_without_group_and_survives_one_group():
    columns = {"y": ["a", "b", "a", "b"], "who": ["f", "f", None, " "]}
    table = diagnose(made(columns, label=("y",), group=("who",))).crosstabs[0]
    assert (table.groups, table.cramers_v) == ((("f", 2),), 0.0)
    none = made({"y": ["a", "b"], "who": [None, ""]}, label=("y",), group=("who",))
    assert diagnose(none).crosstabs == ()


def test_repeats_by_hand():
    data = made(
        {"x": ["A hat", "a  hat", "a hat", "b", "b", "c"], "y": list("ppqrrs")},
        text=("x",), label=("y",),
    )  # fmt: skip
    seen = diagnose(data).repeats
    assert (seen.rows, seen.shared, seen.contradicting) == (6, 5, 3)
    assert seen.ceiling == pytest.approx(5 / 6)


def test_texts_and_names():
    data = made(
        {
            "x": ["Red Shirt", "blue shirts now", None, "手机壳", "a hat"],
            "y": ["Shirts", "Shirts", "Hats", "手机壳", "Bags"],
        },
        text=("x",),
        label=("y",),
    )
    seen = diagnose(data)
    assert (seen.texts[0].empty, seen.texts[0].longest, seen.texts[0].words) == (1, 15, 2)
    assert seen.texts[0].median == 7  # of 9, 15, 3 and 5
    assert seen.names_class == pytest.approx(3 / 5)
    numbered = made({"x": ["1 hat", "0 hats"], "y": [1, 0]}, text=("x",), label=("y",))
    assert diagnose(numbered).names_class is None


def test_popularity_by_hand():
    data = made(
        {"y": list("ab") * 5, "i": labels(p=6, q=2, r=1, s=1), "u": list(range(10))},
        label=("y",), item="i", user="u",
    )  # fmt: skip
    users, items = diagnose(data).popularity
    assert (users.role, users.distinct, users.gini, users.once) == ("user", 10, 0.0, 10)
    assert (items.distinct, items.most, items.once, items.top_fifth) == (4, 6, 2, 0.6)
    # ascending 1 1 2 6, weights -3 -1 1 3: (-3 - 1 + 2 + 18) / (3 * 10)
    assert items.gini == pytest.approx(16 / 30)


def test_missing_labels_are_counted_and_left_out():
    seen = diagnose(made({"y": ["a", None, " ", "b", "a"]}, label=("y",)))
    assert (seen.unlabelled, seen.balance.rows) == (2, 3)
    assert any("2 rows (40.0%)" in sentence.en for sentence in seen.first)


def test_first_sentences_are_ranked_five_at_most_and_in_both_languages():
    who = np.where(np.arange(240) < 220, "f", "m")
    data = made(
        {"x": ["one title"] * 220 + ["hat"] * 20, "y": labels(shirt=220, hat=20), "who": who},
        text=("x",), label=("y",), group=("who",),
    )  # fmt: skip
    first = diagnose(data).first
    assert 3 <= len(first) <= 5
    severities = [sentence.severity for sentence in first]
    assert severities == sorted(severities, reverse=True)
    assert all(0 <= severity <= 1 for severity in severities)
    for sentence in first:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in sentence.zh)
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in sentence.en)


def test_even_data_get_one_calm_sentence():
    seen = diagnose(made({"y": ["a", "b"] * 500}, label=("y",)))
    assert [sentence.severity for sentence in seen.first] == [0.0]
    assert seen.first[0].en.startswith("Nothing stands out")


def test_single_class_does_not_break():
    seen = diagnose(made({"y": ["a"] * 20}, label=("y",)))
    assert (seen.balance.ratio, seen.balance.gini, seen.rivals.log_loss) == (1.0, 0.0, 0.0)
    assert "nothing to learn" in seen.first[0].en
    assert math.isclose(seen.balance.effective, 1.0)


def test_another_label_and_errors():
    data = made({"y": ["a", "b"], "z": [1, 1]}, label=("y", "z"))
    assert diagnose(data, label="z").balance.classes == 1
    with pytest.raises(InputError, match="did you mean"):
        diagnose(data, label="yy")
    with pytest.raises(InputError, match="names no label"):
        diagnose(made({"y": ["a"]}))
    with pytest.raises(InputError, match="no row"):
        diagnose(made({"y": [None, ""]}, label=("y",)))
    with pytest.raises(InputError, match="slice rule"):
        diagnose(data, rule="mas")


def test_json_holds_every_figure():
    data = made({"y": labels(a=3, b=1), "who": list("ffmm")}, label=("y",), group=("who",))
    content = json.loads(diagnose(data).to_json())
    assert content["balance"]["ratio"] == 3.0
    assert content["classes"][0] == {"name": "a", "count": 3, "share": 0.75, "slice": "head"}
    assert {"group": "m", "label": "b", "len": 1} in content["crosstabs"][0]["cells"]


def test_table_speaks_both_languages():
    data = made({"y": labels(a=3, b=1), "who": list("ffmm")}, label=("y",), group=("who",))
    english, chinese = diagnose(data).table(), diagnose(data).table("zh")
    assert [len(rows) for _, _, rows in english] == [len(rows) for _, _, rows in chinese]
    assert english[1][0] == "label y"
    assert ["imbalance ratio", "3.0"] in english[1][2]
    assert ["不平衡比", "3.0"] in chinese[1][2]


def test_balance_of_even_classes():
    even = Balance.of(np.full(7, 3.0))
    assert even.effective == pytest.approx(7)
    assert even.gini == 0.0


def test_rows_without_text_share_nothing():
    data = made({"x": ["", None, "a", "a"], "y": list("pqpp")}, text=("x",), label=("y",))
    seen = diagnose(data).repeats
    assert (seen.rows, seen.shared, seen.contradicting, seen.ceiling) == (4, 2, 0, 1.0)


def test_interactions_without_a_label_are_judged_by_their_items():
    data = made({"i": labels(p=6, q=2), "u": list("abcdabcd")}, item="i", user="u")
    seen = diagnose(data)
    assert (seen.label, seen.balance.ratio) == ("i", 3.0)


def test_two_million_rows_and_a_hundred_thousand_classes_in_seconds():
    rng = np.random.default_rng(0)
    n = 2_000_000
    columns = {
        "y": np.floor(100_000 ** rng.random(n)).astype(np.int64),
        "g": rng.integers(0, 5, n),
        "u": rng.integers(0, 200_000, n),
    }
    data = made(columns, label=("y",), group=("g",), user="u")
    start = time.process_time()
    seen = diagnose(data)
    assert time.process_time() - start < 10
    assert seen.balance.rows == n
    assert seen.crosstabs[0].cramers_v < 0.25


@pytest.mark.real_data
def test_fashion_figures_are_the_published_ones():
    if "LONGSHELF_DATA" not in os.environ:
        pytest.skip("LONGSHELF_DATA is not set")
    from longshelf.datasets import Fashion

    seen = diagnose(Fashion().load())
    assert (seen.balance.rows, seen.balance.classes, seen.balance.ratio) == (44_446, 143, 7070.0)
    assert seen.balance.under_10 == 36
    assert seen.balance.gini * 142 / 143 == pytest.approx(0.792, abs=5e-4)
    assert seen.names_class == pytest.approx(0.62, abs=0.005)
