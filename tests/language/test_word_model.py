"""Smoothed word probabilities against a hand-worked case, a naive recursion and the sampler."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from longshelf.generators.word_chains import WordChain
from longshelf.language.word_model import CODES, SPELLING, Grams, WordModel, spelled

TEXTS = [text.split() for text in ("red running shoes", "red shoes", "blue shirt", "red red shirt")]


def naive(sequences, symbol, history, base):
    """Witten and Bell's formula, read off the sequences each time."""
    size = len(history)
    after = [
        s[i + size] for s in sequences for i in range(len(s) - size) if s[i : i + size] == history
    ]
    below = naive(sequences, symbol, history[1:], base) if history else base
    count, kinds = len(after), len(set(after))
    return (after.count(symbol) + kinds * below) / (count + kinds) if count else below


@pytest.mark.parametrize(
    "history", [(), ("red",), ("red", "red"), ("blue",), ("never",), ("never", "red")]
)
def test_probabilities_are_the_formula_and_sum_to_one(history) -> None:
    closed = [(*words, "") for words in TEXTS]
    kinds = sorted({word for words in closed for word in words})
    grams = Grams(closed, 2, lambda symbol, history: 1 / len(kinds))
    found = [grams(word, history) for word in kinds]
    known = history
    while known and not any(s[i : i + len(known)] == known for s in closed for i in range(len(s))):
        known = known[1:]
    wanted = [naive(closed, word, known, 1 / len(kinds)) for word in kinds]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert sum(found) == pytest.approx(1, abs=1e-12)


def test_a_hand_worked_text() -> None:
    """Two texts of one word each, no longer histories: every number by hand."""
    model = WordModel([["a"], ["b"]], order=0)
    end, first = CODES - 1, 1 / CODES
    letters = {97: 1, 98: 1, end: 3}  # followers of no byte at all: "a", "b" and the two ends, ""
    start = (letters[97] + 3 * first) / (5 + 3)
    closing = (1 + 1 * (letters[end] + 3 * first) / (5 + 3)) / (1 + 1)
    unigram = (1 + 3 * start * closing) / (4 + 3)
    said = (2 + 3 * (letters[end] + 3 * first) / (5 + 3)) / (4 + 3)
    found = model.log_probability([["a"]])
    np.testing.assert_allclose(found, np.log(unigram) + np.log(said), rtol=1e-12)


def test_spellings_leave_room_for_every_word() -> None:
    words = [spelled(word) for word in ("shoe", "shoes", "跑鞋", "")]
    letters = Grams(words, SPELLING, lambda symbol, history: 1 / CODES)
    for history in ((), tuple(b"sho"), tuple(b"zzz"), tuple("跑".encode())):
        assert sum(letters(code, history) for code in range(CODES)) == pytest.approx(1, abs=1e-12)
    model = WordModel(TEXTS)
    known, new, far = model.log_probability([["red", "shoes"], ["red", "shoe"], ["红色", "鞋"]])
    assert known > new > far > -np.inf


def test_a_category_falls_back_to_all_texts() -> None:
    wider = WordModel(TEXTS)
    own = WordModel(TEXTS[2:3], wider=wider)
    assert own.log_probability([["blue", "shirt"]]) > wider.log_probability([["blue", "shirt"]])
    bound = wider.log_probability([["red", "shoes"]]) - own.log_probability([["red", "shoes"]])
    assert 0 < bound[0] < 10


def test_the_sampler_draws_by_these_probabilities() -> None:
    """The chain that writes texts and the model that weighs them are one law."""
    texts = [" ".join(words) for words in TEXTS]
    chain, rng = WordChain(texts, 2), np.random.default_rng(0)
    closed = [(*words, "") for words in TEXTS]
    drawn = Counter(chain.next_word(["red"], rng) for _ in range(20_000))
    unigrams = Counter(word for words in closed for word in words)
    size = sum(unigrams.values())
    grams = Grams(closed, 1, lambda symbol, history: unigrams[symbol] / size)
    for word in unigrams:
        assert drawn[word] / 20_000 == pytest.approx(grams(word, ("red",)), abs=0.015)
