"""Drawn texts against transformers' own search and against hand-made distributions."""

import numpy as np
import pytest
import torch

from longshelf.errors import InputError
from longshelf.language.causal_lm import CausalLm
from longshelf.language.writing import drawn_tokens, write

PROMPTS = [
    "red cotton",
    "Nike men",
    "blue",
    "男士",
    "Sony WH-1000XM4 wireless headphones, black and",
]


@pytest.fixture(scope="module")
def lm(tiny_gpt_folder):
    return CausalLm.load(str(tiny_gpt_folder))


def test_greedy_texts_are_those_of_transformers(lm):
    found = write(lm, lm.tokens(PROMPTS), np.random.default_rng(0), most=9, temperature=0, stop="")
    for prompt, written in zip(PROMPTS, found, strict=True):
        ids = torch.tensor([lm.tokens([prompt])[0]])
        with torch.inference_mode():
            whole = lm.net.generate(ids, do_sample=False, max_new_tokens=9, pad_token_id=1)
        new = whole[0, ids.shape[1] :]
        assert written.text == lm.tokenizer.decode(new, skip_special_tokens=True)
        with torch.inference_mode():
            said = lm.net(whole).logits[0].double().log_softmax(-1)
        first = ids.shape[1] - 1
        own = sum(float(said[first + at, token]) for at, token in enumerate(new))
        assert written.log_likelihood == pytest.approx(own, abs=1e-3)
        assert written.tokens == len(new)


def test_a_text_depends_on_its_prompt_and_seed_alone(lm):
    def of(prompts, seed):
        return write(lm, lm.tokens(prompts), np.random.default_rng(seed), most=8)

    together, again, other = of(PROMPTS, 1), of(PROMPTS, 1), of(PROMPTS, 2)
    assert together == again
    assert [each.text for each in together] != [each.text for each in other]
    chance = np.random.default_rng(1).random((len(PROMPTS), 8))
    for at, prompt in enumerate(PROMPTS):
        alone = write(lm, lm.tokens([prompt]), Fixed(chance[at : at + 1]), most=8)
        assert alone[0].text == together[at].text


class Fixed:
    """A generator that gives what it was given."""

    def __init__(self, values):
        self.values = values

    def random(self, shape):
        assert self.values.shape == shape
        return self.values


def test_a_text_ends_where_it_is_told_to(lm):
    free = write(lm, lm.tokens(PROMPTS), np.random.default_rng(3), most=20, stop="")
    mark = free[0].text[4]
    found = write(lm, lm.tokens(PROMPTS), np.random.default_rng(3), most=20, stop=mark)
    for short, long in zip(found, free, strict=True):
        assert mark not in short.text
        assert short.text == long.text.split(mark)[0]
        assert short.tokens <= long.tokens
    assert found[0].tokens < free[0].tokens


def test_draws_follow_the_tempered_nucleus():
    logs = np.log([[0.5, 0.05, 0.3, 0.15]])
    chance = (np.arange(20000) + 0.5) / 20000

    def share(temperature, nucleus):
        tokens = drawn_tokens(np.repeat(logs, 20000, 0), chance, temperature, nucleus)
        return np.bincount(tokens, minlength=4) / 20000

    np.testing.assert_allclose(share(1.0, 1.0), [0.5, 0.05, 0.3, 0.15], atol=1e-3)
    np.testing.assert_allclose(share(1.0, 0.8), [0.625, 0, 0.375, 0], atol=1e-3)
    np.testing.assert_allclose(share(1.0, 0.81), np.array([50, 0, 30, 15]) / 95, atol=1e-3)
    squared = np.array([0.5, 0.05, 0.3, 0.15]) ** 2
    np.testing.assert_allclose(share(0.5, 1.0), squared / squared.sum(), atol=1e-3)
    np.testing.assert_allclose(share(0, 1.0), [1, 0, 0, 0])


@pytest.mark.parametrize("sharpness", [0.01, 1.0, 4.0])
@pytest.mark.parametrize("nucleus", [0.5, 0.9, 1.0])
def test_many_tokens_are_drawn_as_by_a_plain_loop(sharpness, nucleus):
    rng = np.random.default_rng(0)
    logs = rng.normal(size=(200, 1500)).round(1) * sharpness
    logs[:, 5] = -np.inf
    chance = rng.random(200)
    wanted = []
    for row, look in zip(logs, chance, strict=True):
        share = np.exp(row) / np.exp(row).sum()
        reached, kept = 0.0, []
        for at in sorted(range(1500), key=lambda at: (-share[at], at)):
            if reached < nucleus - 1e-9:
                kept.append(at)
            reached += share[at]
        mass = share[kept]
        wanted.append(kept[np.searchsorted(mass.cumsum() / mass.sum(), look, side="right")])
    assert drawn_tokens(logs, chance, 1.0, nucleus).tolist() == wanted


@pytest.mark.parametrize("wrong", [{"most": 0}, {"temperature": -1.0}, {"nucleus": 0.0}])
def test_arguments_out_of_range_are_refused(lm, wrong):
    with pytest.raises(InputError, match="got"):
        write(lm, lm.tokens(["a"]), np.random.default_rng(0), **wrong)
