"""Shared memory and shared beginnings against reading every string on its own."""

import numpy as np
import pytest
import torch
import transformers

from longshelf.errors import InputError, LongShelfWarning, NotApplicable, Unavailable
from longshelf.language import causal_lm, likelihood
from longshelf.language.causal_lm import CausalLm
from longshelf.language.likelihood import log_likelihood
from longshelf.language.token_trie import TokenTrie

SMALL = {
    "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 32, "max_position_embeddings": 128, "initializer_range": 0.4,
    "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 0,
}  # fmt: skip
DECODERS = {
    "GPT2": {"n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 128, "n_inner": 32},
    "GPTNeoX": {}, "Llama": {"num_key_value_heads": 2}, "Mistral": {"num_key_value_heads": 2},
    "Qwen2": {"num_key_value_heads": 2}, "Qwen3": {"num_key_value_heads": 2, "head_dim": 4},
    "Gemma2": {"num_key_value_heads": 2, "head_dim": 4}, "Phi": {},
    "OPT": {"ffn_dim": 32, "word_embed_proj_dim": 16},
}  # fmt: skip


def made(kind):
    config = getattr(transformers, f"{kind}Config")(**{**SMALL, **DECODERS[kind]})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = getattr(transformers, f"{kind}ForCausalLM" if kind != "GPT2" else "GPT2LMHeadModel")
        return CausalLm(net(config).float().eval(), None, kind)


def naive(net, prompt, string):
    """Read prompt and string from the start, and add up what was said of the string's tokens."""
    with torch.inference_mode():
        said = net(input_ids=torch.tensor([[*prompt, *string]])).logits[0].double().log_softmax(-1)
    return sum(float(said[len(prompt) - 1 + at, token]) for at, token in enumerate(string))


def drawn(seed, n, low, high, tokens=50):
    draw = np.random.default_rng(seed)
    return [draw.integers(2, tokens, size=draw.integers(low, high)).tolist() for _ in range(n)]


def strings_of(seed, n=25):
    """Strings over few tokens, so that many begin alike and some are beginnings of others."""
    return drawn(seed, n, 1, 6, tokens=5)


@pytest.mark.parametrize("kind", DECODERS)
def test_every_string_is_as_likely_as_when_read_alone(kind):
    lm, prompts, strings = made(kind), drawn(1, 5, 1, 30), strings_of(2)
    trie = TokenTrie.of(strings)
    assert trie.inner > 5
    found = np.stack(log_likelihood(lm, prompts, trie))
    wanted = [[naive(lm.net, prompt, string) for string in strings] for prompt in prompts]
    np.testing.assert_allclose(found, wanted, atol=2e-4)


def test_small_pieces_shared_beginnings_and_own_tries_change_nothing(monkeypatch):
    lm, strings = made("Llama"), strings_of(3)
    lead = drawn(4, 1, 12, 13)[0]
    prompts = [lead + own for own in drawn(5, 7, 1, 9)]
    own = [strings[at : at + 3 + 2 * at] for at in range(7)]
    wanted = [[naive(lm.net, p, s) for s in each] for p, each in zip(prompts, own, strict=True)]
    tries = [TokenTrie.of(each) for each in own]
    sizes = ((10**9, 99, 4096, 8), (150, 99, 4096, 8), (10**9, 2, 60, 99), (300, 99, 1, 8))
    for scores, nodes, tokens, shared in sizes:
        monkeypatch.setattr(likelihood, "SCORES", scores)
        monkeypatch.setattr(likelihood, "NODES", nodes)
        monkeypatch.setattr(causal_lm, "TOKENS", tokens)
        monkeypatch.setattr(causal_lm, "SHARED", shared)
        for found, each in zip(log_likelihood(lm, prompts, tries), wanted, strict=True):
            np.testing.assert_allclose(found, each, atol=2e-4)


class Counting:
    """Counts the tokens a network reads."""

    def __init__(self, net):
        self.net, self.read = net, 0

    def __getattr__(self, name):
        return getattr(self.net, name)

    def __call__(self, *, input_ids, **others):
        self.read += input_ids.numel()
        return self.net(input_ids=input_ids, **others)


def test_a_prompt_and_a_shared_beginning_are_read_once():
    lm = made("GPT2")
    prompt, strings = drawn(6, 1, 20, 21)[0], [[2, 3, 4], [2, 3, 5], [2, 6], [7]]
    counting = Counting(lm.net)
    log_likelihood(CausalLm(counting, None, "counted"), [prompt], TokenTrie.of(strings))
    assert counting.read == 20 + 2
    lead = drawn(7, 1, 10, 11)[0]
    counting = Counting(lm.net)
    alike = [[*lead, 2], [*lead, 3], [*lead, 4]]
    log_likelihood(CausalLm(counting, None, "counted"), alike, TokenTrie.of([[7]]))
    assert counting.read == 10 + 3


def test_long_prompts_lose_their_beginning_and_say_so():
    lm, strings = made("GPT2"), [[2, 3, 4], [5]]
    prompt = drawn(8, 1, 200, 201)[0]
    with pytest.warns(LongShelfWarning, match="1 of 1 prompts are longer than the 128 tokens"):
        found = log_likelihood(lm, [prompt], TokenTrie.of(strings))[0]
    wanted = [naive(lm.net, prompt[-125:], string) for string in strings]
    np.testing.assert_allclose(found, wanted, atol=2e-4)
    with pytest.raises(InputError, match="reads 128 tokens, and 200 are to follow"):
        log_likelihood(lm, [[2]], TokenTrie.of([prompt]))


def test_a_folder_is_loaded_with_its_tokenizer(tiny_gpt_folder):
    lm = CausalLm.load(str(tiny_gpt_folder))
    assert lm.context == 256
    assert lm.parameters == sum(each.numel() for each in lm.net.parameters())
    texts = ["Title: red dress\nCategory:", "标题：连衣裙\n类别："]
    assert [lm.tokenizer.decode(ids) for ids in lm.tokens(texts)] == texts
    assert lm.tokens([""]) == [[lm.tokenizer.eos_token_id]]
    ends = lm.continuations([" shoes\n", " shirt\n"], "Category:")
    assert [lm.tokenizer.decode(ids) for ids in ends] == [" shoes\n", " shirt\n"]
    found = log_likelihood(lm, lm.tokens(texts), TokenTrie.of(ends))
    wanted = [[naive(lm.net, prompt, end) for end in ends] for prompt in lm.tokens(texts)]
    np.testing.assert_allclose(np.stack(found), wanted, atol=2e-4)


def test_what_is_no_decoder_or_counts_its_own_positions_is_refused(tiny_bert_folder, tmp_path):
    with pytest.raises(NotApplicable, match="is a bert, whose memory"):
        CausalLm.load(str(tiny_bert_folder))
    with pytest.raises(Unavailable, match="local folder"):
        CausalLm.load(str(tmp_path / "absent"))


def test_alibi_is_refused(tiny_gpt_folder, tmp_path):
    config = transformers.BloomConfig(vocab_size=400, hidden_size=16, n_layer=1, n_head=2)
    transformers.BloomForCausalLM(config).save_pretrained(tmp_path)
    transformers.AutoTokenizer.from_pretrained(tiny_gpt_folder).save_pretrained(tmp_path)
    with pytest.raises(NotApplicable, match="is a bloom, whose memory"):
        CausalLm.load(str(tmp_path))
