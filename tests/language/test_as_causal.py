"""A small GPT read as a GPT-2 says what it says itself."""

import numpy as np
import pytest
import torch

from longshelf.errors import InputError
from longshelf.language.as_causal import as_causal
from longshelf.language.gpt_training import train_small_gpt
from longshelf.language.likelihood import log_likelihood
from longshelf.language.small_gpt import GptRecipe
from longshelf.language.text_tokens import END
from longshelf.language.token_trie import TokenTrie
from longshelf.language.writing import write

TEXTS = ["red shoes", "blue shoes", "red cotton shirt", "blue silk tie", "男士红色跑鞋"] * 4
RECIPE = GptRecipe(
    width=16, layers=2, heads=2, vocabulary=300, longest=24, passes=2, least=2000, held_out=0.0
)


@pytest.fixture(scope="module")
def trained():
    codes = np.zeros((len(TEXTS), 1), np.int64)
    return train_small_gpt(TEXTS, codes, [["history"]], np.random.default_rng(0), RECIPE)


def test_texts_are_as_likely(trained):
    lm = as_causal(trained)
    asked = ["red shoes", "a tie", "跑鞋", "blue"]
    own = trained.log_probability(asked, np.zeros((4, 1), np.int64))
    strings = [[*ids, END] for ids in lm.continuations(asked, "")]
    assert strings == trained.read(asked)
    found = log_likelihood(lm, lm.tokens([""]), TokenTrie.of(strings))[0]
    np.testing.assert_allclose(found, own, atol=1e-3)
    assert lm.context == len(trained.net.place.weight)


def test_the_random_start_leaves_torchs_generator_alone(trained):
    before = torch.random.get_rng_state()
    first, second = (as_causal(trained) for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    texts = [
        write(lm, lm.tokens(["red", ""]), np.random.default_rng(1), most=6)
        for lm in (first, second)
    ]
    assert texts[0] == texts[1]


def test_a_network_told_what_to_write_about_is_refused():
    codes = np.arange(len(TEXTS))[:, None] % 2
    made = train_small_gpt(TEXTS, codes, [["a", "b"]], np.random.default_rng(0), RECIPE)
    with pytest.raises(InputError, match=r"one condition of one level, got 1 conditions of \[2\]"):
        as_causal(made)
