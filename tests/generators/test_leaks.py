"""Near-duplicates of held-out texts: planted ones, plain loops over every pair, real titles."""

from __future__ import annotations

import os
import time
from collections import Counter

import numpy as np
import polars as pl
import pytest

from longshelf.generators.leaks import HeldOut
from longshelf.prepare.likeness import Likeness


def leaks(asked: list[str], held: list[str], likeness: float = 0.8) -> np.ndarray:
    return HeldOut(held, likeness).near(asked)


HELD = ["Nike Men Red Running Shoes", "Baggit Women Brown Handbag", "耐克男子运动跑鞋 黑色"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Nike Men Red Running Shoes", "equal"),
        ("NIKE  men red - running shoes!", "equal"),
        ("Ｎｉｋｅ Men Red RunningShoes", "equal"),
        ("Red Nike Running Men Shoes", "same words"),
        ("Nike Men Blue Running Shoes", "one word"),
        ("Nike Men Red Running Sports Shoes", "one word"),
        ("Nike Men Red Shoes", "one word"),
        ("Shoes Nike Red Men", "one word"),
        ("Nike Men Reds Runing Shoes", ""),
        ("Nike Women Blue Running Shoes", ""),
        ("Baggit Women Handbag", "one word"),
        ("Baggit Handbag", ""),
        ("耐克男子运动跑鞋黑色", "equal"),
        ("黑色耐克男子运动跑鞋", "same words"),
        ("耐克女子运动跑鞋 黑色", "one word"),
        ("耐克女士运动跑鞋 黑色", ""),
        ("Nike Men T-shirt Running Shoes", "one word"),
        ("", ""),
        ("!!", ""),
    ],
)
def test_a_planted_leak_is_named(text: str, why: str) -> None:
    assert leaks([text], HELD).tolist() == [why]


def test_letters_shared_count_from_the_threshold_on() -> None:
    held = ["a long text about the battery of a telephone that lasts for two whole days"]
    asked = [held[0].replace("battery", "battery pack").replace("two", "three")]
    assert leaks(asked, held).tolist() == [""]
    assert leaks(asked, held, likeness=0.6).tolist() == ["alike"]


def test_short_texts_may_differ_in_a_word() -> None:
    assert leaks(["red shoe", "blue red shoe"], ["blue shoe"]).tolist() == ["", ""]
    assert leaks(["blue nice red shoe"], ["blue red shoe"]).tolist() == ["one word"]


def test_nothing_held_out_is_near_nothing() -> None:
    assert leaks(["a b c d"], []).tolist() == [""]
    assert leaks([], ["a b c d"]).tolist() == []
    assert leaks(["a b c d", "!!", "?"], ["", "?"]).tolist() == ["", "", "equal"]


def grams(text: str, size: int) -> set[str]:
    padded = text.ljust(size, "\0")
    return {padded[i : i + size] for i in range(len(padded) - size + 1)}


def by_hand(one: str, other: str, likeness: float) -> str:
    """The definition, pair by pair."""
    a, b = Counter(one.split()), Counter(other.split())
    if one.replace(" ", "") == other.replace(" ", ""):
        return "equal"
    if a == b:
        return "same words"
    longer = max(a.total(), b.total())
    gone, come = (a - b).total(), (b - a).total()
    if longer >= 4 and max(gone, come) == 1:
        return "one word"
    mine, theirs = grams(one, 4), grams(other, 4)
    return "alike" if len(mine & theirs) >= likeness * len(mine | theirs) else ""


def test_every_pair_says_the_same() -> None:
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcde"), n)) for n in rng.integers(1, 7, 14)]
    texts = [" ".join(rng.choice(words, n)) for n in rng.integers(1, 7, 500)]
    asked, held = texts[:250], texts[250:]
    order = ["equal", "same words", "one word", "alike", ""]
    for likeness in (0.5, 0.8):
        wanted = [
            min((by_hand(one, other, likeness) for other in held), key=order.index) for one in asked
        ]
        assert set(wanted) == set(order)
        assert leaks(asked, held, likeness).tolist() == wanted


@pytest.mark.parametrize("block", [1000, 7])
def test_the_largest_likeness_is_that_of_a_double_loop(monkeypatch, block) -> None:
    monkeypatch.setattr("longshelf.prepare.likeness.BLOCK", block)
    monkeypatch.setattr("longshelf.prepare.likeness.CHUNK", block + 4)
    rng = np.random.default_rng(1)
    texts = ["".join(rng.choice(list("abc "), n)) for n in rng.integers(3, 30, 300)]
    asked, known = texts[:150], texts[150:]
    for least, size in ((0.1, 2), (0.4, 3), (0.7, 4), (1.0, 2)):
        wanted = []
        for one in asked:
            mine = grams(one, size)
            jaccard = [len(mine & g) / len(mine | g) for g in (grams(t, size) for t in known)]
            wanted.append(max(jaccard) if max(jaccard) >= least - 1e-9 else 0.0)
        np.testing.assert_allclose(Likeness(known, least, size).of(asked), wanted, atol=1e-12)


def altered(title: str, how: str, rng: np.random.Generator, words: list[str]) -> str:
    """A title with a planted leak."""
    parts = title.split()
    at = int(rng.integers(len(parts)))
    if how == "case and marks":
        return title.upper().replace(" ", " - ")
    if how == "one word":
        return " ".join([*parts[:at], words[int(rng.integers(len(words)))], *parts[at + 1 :]])
    if how == "order":
        return " ".join(rng.permutation(parts))
    return title


@pytest.mark.real_data
@pytest.mark.skipif("LONGSHELF_DATA" not in os.environ, reason="LONGSHELF_DATA names no folder")
def test_planted_leaks_among_real_titles_are_found_and_in_seconds() -> None:
    import longshelf as ls

    titles = ls.load("fashion").rows["title"]
    said = titles.filter(titles.str.count_matches(r"\S*\w\S*") >= 4)
    titles = said.unique(maintain_order=True)
    rng = np.random.default_rng(0)
    held = titles.to_list()
    words = sorted({word for title in held for word in title.split()})
    chosen = rng.choice(len(held), 2500)
    for how in ("exact", "case and marks", "one word", "order"):
        planted = [altered(held[at], how, rng, words) for at in chosen]
        assert (leaks(planted, held) != "").mean() == 1.0, how
    many = [*(altered(held[at], "one word", rng, words) for at in rng.choice(len(held), 10_000))]
    start = time.perf_counter()
    leaks(many, said.sample(40_000, with_replacement=True, seed=0).to_list())
    assert time.perf_counter() - start < 30
    strangers = pl.Series([" ".join(rng.choice(words, 6)) for _ in range(2000)])
    assert (leaks(strangers.to_list(), held) != "").mean() < 0.01
