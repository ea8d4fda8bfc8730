"""Every check speaks when it should and is silent when it should."""

import json
import os
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from longshelf.errors import InputError
from longshelf.tables import Card, Dataset, Schema
from longshelf.validation import validate
from longshelf.validation.checks import (
    CHECKS,
    LeakingColumn,
    NearDuplicateAcrossParts,
    SmallClass,
    SmallGroup,
)

OF_LISTS = {"LS022", "LS023", "LS024", "LS025", "LS026", "LS027", "LS028"}
PAGES = Path(__file__).parents[2] / "docs" / "checks"


def made(columns, *, targets=None, **roles):
    schema = Schema(**roles)
    card = Card(title="by hand", licence="own")
    return Dataset(
        name="hand", rows=pl.DataFrame(columns), schema=schema, card=card, targets=targets
    )


def clean(n=240):
    rng = np.random.default_rng(0)
    words = rng.choice(list("abcdefghijklmnopqrstuvwxyz"), (n, 24))
    return made(
        {
            "sku": [f"s{i}" for i in range(n)],
            "title": ["".join(row) for row in words],
            "price": rng.normal(size=n),
            "colour": rng.choice(["red", "blue"], n).tolist(),
            "kind": np.where(rng.random(n) < 0.3, "hat", "shoe").tolist(),
            "who": rng.choice(["f", "m"], n).tolist(),
            "day": list(range(n)),
            "shown": np.full(n, 0.5),
            "page": [f"p{i // 2}" for i in range(n)],
        },
        id="sku",
        text=("title",),
        numeric=("price",),
        categorical=("colour",),
        label=("kind",),
        group=("who",),
        time="day",
        propensity="shown",
        document="page",
    )


THIRDS = {
    "train": np.arange(80),
    "valid": np.arange(80, 160),
    "test": np.arange(160, 240),
}


def seen(dataset, code, **arguments):
    return validate(dataset, **arguments)[code]


def test_clean_data_pass_every_check():
    report = validate(clean(), parts=THIRDS)
    assert {outcome.code: outcome.status for outcome in report.outcomes} == {
        check.code: "SKIP" if check.code in OF_LISTS else "PASS" for check in CHECKS
    }
    assert report.ok
    assert all(outcome.advice == "" for outcome in report.outcomes)


def test_every_check_has_its_page_and_every_page_its_check():
    pages = {page.stem: page.read_text() for page in PAGES.glob("LS*.md")}
    assert sorted(pages) == [check.code for check in CHECKS]
    for check in CHECKS:
        assert pages[check.code].startswith(f"# {check.code}: {check.title}\n")
        assert f"`{type(check).__name__}`, severity {check.severity}" in pages[check.code]
        assert check.advice in pages[check.code]


def test_label_missing_counts_null_blank_and_nan():
    data = made({"x": ["a", "b", "c", "d"], "y": ["p", None, " ", "q"]}, text=("x",), label=("y",))
    outcome = seen(data, "LS001")
    assert (outcome.status, outcome.count, outcome.rows) == ("FAIL", 2, (1, 2))
    numbers = made({"x": ["a", "b"], "y": [1.0, float("nan")]}, text=("x",), label=("y",))
    assert seen(numbers, "LS001").rows == (1,)


def test_single_class():
    assert seen(made({"y": ["a", "a", None]}, label=("y",)), "LS002").status == "FAIL"
    assert seen(made({"y": ["a", "b", None]}, label=("y",)), "LS002").status == "PASS"


def test_empty_class_by_targets_and_by_split():
    targets = pl.DataFrame({"name": ["a", "b", "c"]})
    data = made({"y": ["a", "a", "b", "b"]}, label=("y",), targets=targets)
    assert "'c'" in seen(data, "LS003").message
    parts = {"train": np.array([0, 1]), "test": np.array([2, 3])}
    outcome = seen(data, "LS003", parts=parts)
    assert (outcome.status, outcome.count, outcome.rows) == ("WARN", 2, (2, 3))


def test_small_class_at_the_limit():
    data = made({"y": ["a"] * 9 + ["b"] * 5 + ["c"] * 4}, label=("y",))
    outcome = seen(data, "LS004")
    assert (outcome.count, outcome.unit, outcome.rows) == (1, "classes", (14, 15, 16, 17))
    assert seen(data, "LS004", checks=[SmallClass(k=4)]).status == "PASS"


def test_duplicate_rows_ignore_the_id_only():
    columns = {"id": [1, 2, 3], "x": ["a", "a", "a"], "y": ["p", "p", "q"]}
    outcome = seen(made(columns, id="id", text=("x",), label=("y",)), "LS005")
    assert (outcome.count, outcome.rows, outcome.ids) == (1, (1,), ("2",))


def test_duplicates_across_parts_by_normalised_text():
    data = made(
        {"x": ["Red  Shirt", "hat", "ｒｅｄ shirt", "shoe"], "y": list("abab")},
        text=("x",), label=("y",),
    )  # fmt: skip
    parts = {"train": np.array([0, 1]), "test": np.array([2, 3])}
    outcome = seen(data, "LS006", parts=parts)
    assert (outcome.status, outcome.rows) == ("FAIL", (2,))
    overlap = {"train": np.array([0, 1, 3]), "test": np.array([3])}
    assert seen(data, "LS006", parts=overlap).rows == (3,)
    assert seen(data, "LS006").status == "SKIP"


def test_contradiction_states_the_ceiling():
    data = made(
        {"x": ["a", "a ", "A", "b", "b"], "y": ["p", "p", "q", "p", "p"]}, text=("x",), label=("y",)
    )
    outcome = seen(data, "LS007")
    assert (outcome.count, outcome.rows) == (3, (0, 1, 2))
    assert "cannot exceed 0.8000" in outcome.message


def leaky(column, positive):
    n = len(positive)
    label = np.where(positive, "yes", "no").tolist()
    role = "numeric" if np.issubdtype(np.asarray(column).dtype, np.number) else "categorical"
    return made({"c": column, "y": label}, label=("y",), **{role: ("c",)}), n


@pytest.mark.parametrize("share", [0.5, 0.02])
def test_leaking_column_by_value_and_by_threshold(share):
    rng = np.random.default_rng(1)
    positive = rng.random(4000) < share
    noise = rng.normal(size=4000)
    by_threshold, _ = leaky(noise + 20 * positive, positive)
    by_value, _ = leaky(np.where(positive, "sold", "open").tolist(), positive)
    innocent, _ = leaky(noise, positive)
    strong, _ = leaky(noise + 1.5 * positive, positive)
    assert [seen(data, "LS008").status for data in (by_threshold, by_value)] == ["FAIL", "FAIL"]
    assert [seen(data, "LS008").status for data in (innocent, strong)] == ["PASS", "PASS"]


def test_leaking_column_with_many_classes_and_by_train_part():
    rng = np.random.default_rng(2)
    code = rng.integers(0, 30, 3000)
    data = made(
        {"brand": [f"b{c}" for c in code], "y": [f"class {c % 7}" for c in code]},
        categorical=("brand",), label=("y",),
    )  # fmt: skip
    parts = {"train": np.arange(2000), "test": np.arange(2000, 3000)}
    assert "skill 1.000" in seen(data, "LS008", parts=parts).message
    halves = np.where(rng.random(3000) < 0.5, code % 7, rng.integers(0, 7, 3000))
    noisy = data.rows.with_columns(brand=pl.Series([f"b{c}" for c in halves]))
    half = made(noisy.to_dict(), categorical=("brand",), label=("y",))
    assert seen(half, "LS008", parts=parts).status == "PASS"
    assert seen(half, "LS008", checks=[LeakingColumn(skill=0.4)]).status == "FAIL"


def test_label_in_id():
    kinds = ["shoes", "hats"] * 50
    columns = {"sku": [f"{k.upper()}-{i:04}" for i, k in enumerate(kinds)], "y": kinds}
    assert seen(made(columns, id="sku", label=("y",)), "LS009").status == "WARN"
    as_input = made(columns, categorical=("sku",), label=("y",))
    assert seen(as_input, "LS009").status == "FAIL"
    both = {"sku": [f"shoes-hats-{i}" for i in range(100)], "y": kinds}
    assert seen(made(both, id="sku", label=("y",)), "LS009").status == "PASS"


def test_near_duplicates_leave_equal_text_to_the_other_check():
    long = "sony wireless noise cancelling over ear headphones"
    data = made(
        {
            "x": [long + " black", "garden hose", long + " blacks", "tea pot", "garden hose"],
            "y": list("ababb"),
        },
        text=("x",),
        label=("y",),
    )
    parts = {"train": np.array([0, 1]), "test": np.array([2, 3, 4])}
    assert seen(data, "LS010", parts=parts).rows == (2,)
    strict = [NearDuplicateAcrossParts(likeness=1.0)]
    assert seen(data, "LS010", parts=parts, checks=strict).status == "PASS"


def test_small_group_in_the_part_it_is_measured_in():
    who = ["f"] * 40 + ["m"] * 40 + [""]
    data = made({"y": list("ab") * 40 + ["a"], "who": who}, label=("y",), group=("who",))
    assert seen(data, "LS011").status == "PASS"
    parts = {"train": np.arange(20), "test": np.arange(20, 80)}
    outcome = seen(data, "LS011", parts=parts)
    assert outcome.count == 1
    assert "who=f in test (20)" in outcome.message
    assert seen(data, "LS011", parts=parts, checks=[SmallGroup(least=20)]).status == "PASS"


def test_time_order_whatever_order_the_parts_come_in():
    data = made({"t": [1, 2, 3, 4, 5, 6], "y": list("ababab")}, time="t", label=("y",))
    good = {"test": np.array([4, 5]), "valid": np.array([2, 3]), "train": np.array([0, 1])}
    assert seen(data, "LS012", parts=good).status == "PASS"
    bad = {"train": np.array([0, 4]), "valid": np.array([2, 5]), "test": np.array([3])}
    assert seen(data, "LS012", parts=bad).rows == (4, 5)
    gaps = made({"t": [1, None], "y": ["a", "b"]}, time="t", label=("y",))
    assert (seen(gaps, "LS012").status, seen(gaps, "LS012").rows) == ("WARN", (1,))


def test_constant_and_identifier_columns():
    n = 60
    data = made(
        {"same": ["x"] * n, "code": [f"c{i}" for i in range(n)], "n": range(n), "y": list("ab") * 30},
        categorical=("same", "code"), numeric=("n",), label=("y",),
    )  # fmt: skip
    assert seen(data, "LS013").message == "always the same: 'same'"
    assert seen(data, "LS014").message == "as good as an id: 'code', 'n'"


def test_propensity_bounds():
    data = made({"p": [0.0, 0.5, 1.0, 1.1, None], "y": list("ababa")}, propensity="p", label=("y",))
    assert seen(data, "LS015").rows == (0, 3, 4)


def test_not_finite():
    infinite = made({"v": [1.0, float("inf"), float("nan"), None]}, numeric=("v",))
    outcome = seen(infinite, "LS016")
    assert (outcome.status, outcome.rows) == ("FAIL", (1, 2))
    assert seen(made({"v": [1.0, float("nan")]}, numeric=("v",)), "LS016").status == "WARN"


def test_empty_text():
    data = made({"a": ["x", None, " "], "b": ["", "y", None]}, text=("a", "b"))
    assert (seen(data, "LS017").status, seen(data, "LS017").rows) == ("WARN", (2,))
    assert seen(made({"a": [None, ""]}, text=("a",)), "LS017").status == "FAIL"


@pytest.mark.parametrize(
    "text",
    [
        "Café crème".encode().decode("cp1252"),
        "naïve – it’s".encode().decode("cp1252"),
        "手机壳 苹果".encode().decode("latin-1"),
        "bad \ufffd byte",
        "锟斤拷",
        "”quoted”".encode("cp1252").decode("latin-1"),
    ],
)
def test_mojibake_is_seen(text):
    assert seen(made({"x": ["fine", text]}, text=("x",)), "LS018").rows == (1,)


def test_sound_text_is_not_mojibake():
    sound = [
        "Café crème brûlée",
        "Ärger über Ångström",
        "手机壳",
        "São Paulo – “A”…",
        "naïve 5€ ½",
        "Ça là",
    ]
    assert seen(made({"x": sound}, text=("x",)), "LS018").status == "PASS"


def test_label_variants():
    data = made({"y": ["T-shirt", "t shirt", "Ｔ-shirt", "hat"]}, label=("y",))
    outcome = seen(data, "LS019")
    assert (outcome.count, outcome.rows) == (3, (0, 1, 2))


def test_document_across_parts():
    data = made({"d": ["p", "p", "q", None], "y": list("abab")}, document="d", label=("y",))
    parts = {"train": np.array([0, 2]), "test": np.array([1, 3])}
    assert seen(data, "LS020", parts=parts).rows == (0, 1)


def test_duplicate_id():
    data = made({"i": ["a", "b", "a", None], "y": list("abab")}, id="i", label=("y",))
    assert seen(data, "LS021").rows == (0, 2, 3)


def test_table_and_json_carry_everything():
    data = made({"y": ["a"] * 50}, label=("y",))
    report = validate(data, shown=3)
    assert not report.ok
    assert report.table()[0]["status"] == "FAIL"
    assert len(report.table()) == len(CHECKS)
    content = json.loads(report.to_json())
    assert content["ok"] is False
    assert content["outcomes"][1]["page"] == "docs/checks/LS002.md"


def test_offending_rows_are_capped_but_counted():
    outcome = seen(made({"y": ["a"] * 3 + [None] * 50}, label=("y",)), "LS001", shown=3)
    assert (outcome.count, outcome.rows) == (50, (3, 4, 5))


def test_errors_say_what_is_allowed():
    data = made({"kind": ["a", "b"]}, label=("kind",))
    with pytest.raises(InputError, match="did you mean 'kind'"):
        validate(data, label="kinds")
    with pytest.raises(InputError, match="rows 0 to 1"):
        validate(data, parts={"train": np.array([0]), "test": np.array([2])})
    with pytest.raises(InputError, match="at least 1"):
        SmallClass(k=0)


def test_rows_without_text_are_neither_duplicates_nor_contradictions():
    data = made(
        {"a": ["", "", "x", "x"], "b": [None, " ", "y", "y"], "y": list("pqpq")},
        text=("a", "b"), label=("y",),
    )  # fmt: skip
    parts = {"train": np.array([0, 2]), "test": np.array([1, 3])}
    report = validate(data, parts=parts)
    assert (report["LS006"].rows, report["LS007"].rows) == ((3,), (2, 3))


def test_tables_without_text_are_compared_by_whole_rows():
    data = made(
        {"v": [1.0, 1.0, 1.0], "t": [1, 2, 1], "y": list("ppp")},
        numeric=("v",), time="t", label=("y",),
    )  # fmt: skip
    parts = {"train": np.array([0]), "test": np.array([1, 2])}
    outcome = seen(data, "LS006", parts=parts)
    assert (outcome.status, outcome.rows) == ("WARN", (2,))


def test_near_duplicates_thin_very_long_data_and_say_so():
    texts = [f"{'long text ' * 20} {i:04}" for i in range(40)]
    data = made({"x": texts, "y": list("ab") * 20}, text=("x",), label=("y",))
    parts = {"train": np.arange(20), "test": np.arange(20, 40)}
    checks = [NearDuplicateAcrossParts(most=1000)]
    message = seen(data, "LS010", parts=parts, checks=checks).message
    assert message.endswith("; 8 of 40 texts compared")


def test_counts_in_the_table_are_words():
    report = validate(made({"y": ["a"] * 9 + ["b"]}, label=("y",)))
    rows = {row["code"]: row for row in report.table()}
    assert (rows["LS004"]["count"], rows["LS001"]["count"]) == ("1 class", "")


@pytest.mark.real_data
def test_fashion_by_a_random_split_in_seconds():
    if "LONGSHELF_DATA" not in os.environ:
        pytest.skip("LONGSHELF_DATA is not set")
    from longshelf.datasets import Fashion

    data = Fashion().load()
    order = np.random.default_rng(0).permutation(data.rows.height)
    parts = {"train": order[:30_000], "test": order[30_000:]}
    start = time.process_time()
    report = validate(data, parts=parts)
    assert time.process_time() - start < 20
    assert report["LS004"].count == 20
    assert report["LS006"].status == "FAIL"
    assert report["LS010"].count > 100
    assert report["LS008"].status == "PASS"
