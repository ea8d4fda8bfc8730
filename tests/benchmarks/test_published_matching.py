"""The script that prints F1 of matches: what it chooses by, and what it measures."""

import importlib.util
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score

import longshelf as ls
from longshelf.cache import Cache
from longshelf.splits import Published
from longshelf.tasks import Classify
from longshelf.tasks.base import divide

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "published_matching.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("published_matching", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def parts():
    draw = np.random.default_rng(0)
    left = [f"maker{draw.integers(5)} model x{draw.integers(1000, 9999)}b" for _ in range(400)]
    same = draw.random(400) < 0.15
    right = [text if alike else left[draw.integers(400)] for text, alike in zip(left, same)]
    frame = pl.DataFrame(
        {
            "left": left,
            "right": [f"{text} new" for text in right],
            "match": np.where(same, "yes", "no"),
            "split": np.array(["train", "valid", "test"])[np.arange(400) % 3],
        }
    )
    data = ls.load(frame, label="match", text=("left", "right"))
    return divide(Classify(label="match").pose(data), Published(), 0)


def test_the_threshold_is_the_best_of_all_on_valid(script, parts):
    said = np.random.default_rng(1).normal(size=len(parts.valid)) + parts.valid.y
    cut, reached = script.threshold(said, parts)
    every = [f1_score(parts.valid.y, said >= at) for at in said]
    assert reached == pytest.approx(max(every))
    assert f1_score(parts.valid.y, said >= cut) == pytest.approx(reached)


def test_f1_is_that_of_matches_with_an_interval(script, parts):
    said = np.random.default_rng(2).normal(size=len(parts.test)) + 2 * parts.test.y
    value, low, high = script.f1(parts.test, said, 1.0, parts)
    assert value == pytest.approx(f1_score(parts.test.y, said >= 1))
    assert low < value < high


@pytest.mark.parametrize("arm", ["one similarity", "strings, LightGBM", "TF-IDF compared, linear"])
def test_an_arm_is_chosen_on_valid_and_told(script, parts, arm, tmp_path):
    told = script.run(parts, arm, 2, Cache(tmp_path))
    assert told["F1"] > 0.9 if arm != "TF-IDF compared, linear" else told["F1"] >= 0
    assert len(told["each seed"]) == (1 if arm == "one similarity" else 2)
    assert set(told["each seed"]) == {told["F1"]}
    assert set(script.PUBLISHED) == {"walmart_amazon", "amazon_google", "abt_buy"}
