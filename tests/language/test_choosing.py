"""Beams that follow a trie, against scoring every string."""

import numpy as np
import pytest

from longshelf.language.causal_lm import CausalLm
from longshelf.language.choosing import likeliest
from longshelf.language.likelihood import log_likelihood
from longshelf.language.token_trie import TokenTrie

PROMPTS = ["red cotton", "Nike men", "blue", "男士"]
TITLES = [
    "red shoes", "red shoes for men", "red shirt", "blue shirt", "blue silk tie", "watch",
    "watch 40mm", "red shoes", "男士跑鞋", "男士",
]  # fmt: skip


@pytest.fixture(scope="module")
def lm(tiny_gpt_folder):
    return CausalLm.load(str(tiny_gpt_folder))


@pytest.fixture(scope="module")
def trie(lm):
    return TokenTrie.of(lm.continuations(TITLES, ""))


def test_wide_beams_find_what_scoring_all_finds(lm, trie):
    prompts = lm.tokens(PROMPTS)
    scores = log_likelihood(lm, prompts, trie)
    for own, (strings, found) in zip(scores, likeliest(lm, prompts, trie, beams=20), strict=True):
        assert sorted(strings) == list(range(len(TITLES)))
        np.testing.assert_allclose(found, own[strings], atol=1e-4)
        assert (np.diff(found) <= 0).all()


def test_the_best_are_found_before_the_rest_is_read(lm, trie):
    prompts = lm.tokens(PROMPTS)
    scores = log_likelihood(lm, prompts, trie)
    found = likeliest(lm, prompts, trie, beams=20, most=2)
    assert any(len(strings) < len(TITLES) for strings, _ in found)
    for own, (_, values) in zip(scores, found, strict=True):
        np.testing.assert_allclose(values[:2], np.sort(own)[::-1][:2], atol=1e-4)


def test_narrow_beams_find_likely_allowed_strings_only(lm, trie):
    prompts = lm.tokens(PROMPTS)
    scores = log_likelihood(lm, prompts, trie)
    allowed = np.ones((len(prompts), len(TITLES)), bool)
    allowed[:, 5:] = False
    for own, (strings, found) in zip(
        scores, likeliest(lm, prompts, trie, beams=1, allowed=allowed), strict=True
    ):
        assert set(strings) <= set(range(5))
        np.testing.assert_allclose(found, own[strings], atol=1e-4)


def test_one_beam_follows_the_likeliest_token_at_every_turn(lm, trie):
    """Worked by hand: go down the trie by the best next token, noting every end passed."""
    from test_likelihood import naive

    prompt = lm.tokens(["red cotton"])[0]
    node, path, passed = 0, [], {}
    while len(below := trie.children(node)):
        tokens = {int(trie.token[child]): int(child) for child in below}
        said = {token: naive(lm.net, [*prompt, *path], [token]) for token in tokens}
        so_far = naive(lm.net, prompt, path) if path else 0.0
        for token, child in tokens.items():
            passed |= {int(string): so_far + said[token] for string in trie.strings[child]}
        going = {t: value for t, value in said.items() if len(trie.children(tokens[t]))}
        if not going:
            break
        best = max(going, key=going.get)
        path.append(best)
        node = tokens[best]
    strings, found = likeliest(lm, [prompt], trie, beams=1, most=100)[0]
    assert set(strings) == set(passed)
    np.testing.assert_allclose(found, [passed[string] for string in strings], atol=1e-4)


def test_each_prompt_may_have_strings_of_its_own(lm):
    prompts = lm.tokens(PROMPTS)
    tries = [TokenTrie.of(lm.continuations(TITLES[at : at + 3], "")) for at in range(4)]
    for own, trie, (strings, found) in zip(
        log_likelihood(lm, prompts, tries), tries, likeliest(lm, prompts, tries), strict=True
    ):
        assert sorted(strings) == [0, 1, 2]
        assert len(trie.ends) == 3
        np.testing.assert_allclose(found, own[strings], atol=1e-4)
