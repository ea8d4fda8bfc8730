"""The part of a results page on texts written otherwise, against figures worked by hand."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[2]
CLEAN = "fewer(train=50)"
TYPOS = "shifted(of=fewer(train=50))"
ORDER = "shifted(of=fewer(train=50), shift='order', share=0.5)"


@pytest.fixture(scope="module", autouse=True)
def scripts():
    sys.path.insert(0, str(ROOT / "scripts"))
    yield
    sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture
def values():
    level = {
        ("none", CLEAN): (0.80, 0.84), ("none", TYPOS): (0.60, 0.66), ("none", ORDER): (0.5, 0.5),
        ("Pgd", CLEAN): (0.79, 0.85), ("Pgd", TYPOS): (0.66, 0.70), ("Pgd", ORDER): (0.5, 0.5),
    }  # fmt: skip
    return pl.DataFrame([
        {
            "dataset": "shop", "task": "classify", "features": "words", "model": "bi_lstm",
            "split": split, "strategy": strategy, "seed": seed, "decision": decision,
            "metric": metric, "slice_axis": axis, "slice": name, "low": None, "high": None,
            "value": value - (0.1 if name == "tail" else 0) - (0.5 if decision == "tuned" else 0),
        }
        for (strategy, split), pair in level.items() for seed, value in enumerate(pair)
        for decision in ("argmax", "tuned") for metric in ("macro_f1", "accuracy")
        for axis, name in (("all", "all"), ("target", "tail"), ("gender", "Men"))
    ])  # fmt: skip


def test_splits_are_told_by_what_they_learn_from_and_how_they_ask():
    parts = importlib.import_module("shift_parts")
    assert parts.asked_as(CLEAN) == (CLEAN, "clean")
    assert parts.asked_as(TYPOS) == (CLEAN, "typos 20%")
    twice = f"shifted(of={ORDER}, shift='drops')"
    assert parts.asked_as(twice) == (CLEAN, "drops 20% on order 50%")


def test_what_is_left_and_what_a_remedy_adds(values):
    parts = importlib.import_module("shift_parts")
    text = "\n\n".join(parts.shifted(values, "macro_f1", "argmax"))
    assert "| clean | order 50% | typos 20% |" in text
    assert "| words / bi_lstm / none | 0.820 | 0.500 (−0.320) | 0.630 (−0.190) |" in text
    assert "| words / bi_lstm / Pgd | 0.820 | 0.500 (−0.320) | 0.680 (−0.140) |" in text
    assert "### shop / classify, tail" in text
    assert "0.530 (−0.190)" in text
    assert "Men" not in text
    # gains on typos are .06 and .04: mean .05, and 12.706 * .01 wide
    assert "| tail | 0.000 [−0.127, +0.127] | 0.000 [0.000, 0.000] | +0.050 [−0.077, +0.177] |" in (
        text
    )


def test_a_page_without_shifts_has_no_such_part(values):
    parts = importlib.import_module("shift_parts")
    plain = values.filter(pl.col("split") == CLEAN)
    assert list(parts.shifted(plain, "macro_f1", "argmax")) == []


def test_the_clean_test_set_is_the_main_one(values):
    publishing = importlib.import_module("publishing")
    assert publishing.main_splits(values)["split"].to_list() == [CLEAN]
    more = pl.concat([values, values.filter(pl.col("split") == TYPOS).with_columns(
        strategy=pl.lit("Fgm"))])  # fmt: skip
    assert publishing.main_splits(more)["split"].to_list() == [CLEAN]
