"""The small GPT against transformers' GPT-2, naive loops and a planted grammar."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra deep")
pytest.importorskip("tokenizers", reason="needs the extra deep")

from longshelf.curves import telling  # noqa: E402
from longshelf.errors import InputError, NotApplicable, Unavailable  # noqa: E402
from longshelf.language.gpt_sampling import sample_texts  # noqa: E402
from longshelf.language.gpt_training import train_small_gpt  # noqa: E402
from longshelf.language.next_token import aside, batches  # noqa: E402
from longshelf.language.small_gpt import GptRecipe, Padded, TrainedGpt  # noqa: E402
from longshelf.language.text_tokens import END, TextTokens  # noqa: E402

SMALL = GptRecipe(
    width=32, vocabulary=330, longest=24, least=30_000, tokens=30_000, batch=256, rate=1e-2
)
SHADES = {"warm": ["red", "orange"], "cold": ["blue", "green"]}
THINGS = ["shirt", "shoes", "跑鞋", "running shorts"]
NAMES = ["warm", "cold"]


def corpus(n=400, seed=0):
    """Texts of a grammar: a shade of the category, then a thing."""
    rng = np.random.default_rng(seed)
    code = rng.integers(2, size=n)
    texts = [
        f"{rng.choice(SHADES[NAMES[c]])} {rng.choice(THINGS)} {rng.integers(90)}" for c in code
    ]
    return texts, code[:, None]


@pytest.fixture(scope="module")
def gpt():
    return train_small_gpt(*corpus(), [NAMES], np.random.default_rng(0), SMALL)


@pytest.mark.parametrize(
    "text", ["", "red shoes", "Crème brûlée — 2×", "红色 跑鞋 XL", "\u200b𝒳 😀"]
)
def test_every_text_can_be_written_in_tokens(text) -> None:
    tokens = TextTokens.learn(["red shoes", "red shirt"] * 5, 300)
    assert tokens.decode(tokens.encode([text])) == [text.strip()]
    again = TextTokens.parse(tokens.render())
    assert again.encode([text]) == tokens.encode([text])
    assert len(again) == len(tokens) <= 300


def test_tokens_do_not_depend_on_the_process() -> None:
    code = (
        "from longshelf.language.text_tokens import TextTokens\n"
        "texts = [f'item {i % 37} of {i % 11} 跑鞋{i % 5}' for i in range(500)]\n"
        "print(TextTokens.learn(texts, 500).render())"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout


def as_gpt2(net):
    """transformers' GPT-2 with the same numbers."""
    from transformers import GPT2Config, GPT2Model

    config = GPT2Config(
        vocab_size=net.token.num_embeddings, n_positions=net.place.num_embeddings,
        n_embd=net.token.embedding_dim, n_layer=len(net.layers), n_head=4,
        activation_function="gelu_new", bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    peer = GPT2Model(config).eval()
    pairs = [(peer.wte, net.token), (peer.wpe, net.place), (peer.ln_f, net.last)]
    for block, layer in zip(peer.h, net.layers, strict=True):
        pairs += [(block.ln_1, layer.before), (block.ln_2, layer.between)]
        pairs += [
            (block.attn.c_attn, layer.attention.joint),
            (block.attn.c_proj, layer.attention.out),
        ]
        pairs += [(block.mlp.c_fc, layer.wide), (block.mlp.c_proj, layer.narrow)]
    with torch.no_grad():
        for theirs, ours in pairs:
            turned = type(theirs).__name__ == "Conv1D"
            theirs.weight.copy_(ours.weight.T if turned else ours.weight)
            if getattr(theirs, "bias", None) is not None:
                theirs.bias.copy_(ours.bias)
    return peer


@torch.inference_mode()
def test_the_network_is_gpt2_after_its_conditions(gpt) -> None:
    net, peer = gpt.net, as_gpt2(gpt.net)
    codes = torch.tensor([[0], [1], [-1]])
    ids = torch.randint(2, len(gpt.tokens), (3, 7), generator=torch.Generator().manual_seed(0))
    x = torch.cat([net.asked(codes), peer.wte(ids)], dim=1)
    theirs = peer(inputs_embeds=x).last_hidden_state @ peer.wte.weight.T
    torch.testing.assert_close(net(codes, ids), theirs, rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_a_condition_is_field_level_and_mean_of_its_name(gpt) -> None:
    net = gpt.net
    (pieces,) = gpt.tokens.encode(["cold"])
    wanted = net.field.weight[0] + net.level.weight[2] + net.token.weight[pieces].mean(0)
    torch.testing.assert_close(net.asked(torch.tensor([[1]]))[0, 0], wanted)
    torch.testing.assert_close(
        net.asked(torch.tensor([[-1]]))[0, 0], net.field.weight[0] + net.level.weight[0]
    )


@torch.inference_mode()
def test_reading_token_by_token_is_reading_at_once(gpt) -> None:
    net, codes = gpt.net, torch.tensor([[0], [1]])
    ids = torch.randint(2, len(gpt.tokens), (2, 6), generator=torch.Generator().manual_seed(1))
    whole = net(codes, ids)
    hidden, cache = net.read(net.asked(codes))
    said = [net.scores(hidden[:, -1])]
    for at in range(6):
        hidden, cache = net.read(net.token(ids[:, at : at + 1]), cache)
        said.append(net.scores(hidden[:, -1]))
    torch.testing.assert_close(torch.stack(said, dim=1), whole, rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_log_probability_is_the_product_over_tokens(gpt) -> None:
    texts = [
        "red shirt 7",
        "blue  running shorts 12",
        "跑鞋",
        "what was never read before, at all, by it",
    ]
    codes = np.array([[0], [1], [1], [0]])
    wanted = []
    for text, code in zip(texts, codes, strict=True):
        ids = [*gpt.tokens.encode([" ".join(text.split())])[0], END][: SMALL.longest]
        total = 0.0
        for at, token in enumerate(ids):
            scores = gpt.net(torch.tensor(code[None]), torch.tensor([ids[:at]], dtype=torch.long))
            total += float(scores[0, -1].double().log_softmax(-1)[token])
        wanted.append(total)
    np.testing.assert_allclose(gpt.log_probability(texts, codes), wanted, rtol=1e-5)


def test_batches_hold_every_row_once_under_the_budget() -> None:
    lengths = np.sort(np.random.default_rng(0).integers(1, 40, 300))
    made = list(batches(lengths, 64))
    assert np.concatenate(made).tolist() == list(range(300))
    assert all(len(rows) * lengths[rows].max() <= 64 for rows in made)
    assert [len(rows) for rows in batches(np.array([70, 70]), 64)] == [1, 1]


def test_it_learns_the_grammar(gpt) -> None:
    assert gpt.history[-1]["held_out"] < 0.6 * gpt.history[0]["held_out"]
    codes = np.repeat([[0], [1]], 60, axis=0)
    texts = sample_texts(gpt, codes, np.random.default_rng(3))
    right = [
        text.split()[0] in SHADES[NAMES[code]] and any(thing in text for thing in THINGS)
        for text, code in zip(texts, codes[:, 0], strict=True)
        if text
    ]
    assert len(right) > 110
    assert np.mean(right) > 0.9
    assert len(set(texts)) > 60
    warm = gpt.log_probability(["red shirt 4", "green shirt 4"], np.array([[0], [0]]))
    assert warm[0] > warm[1] + 3


def test_the_same_seed_gives_the_same_bytes_and_torch_is_left_alone(gpt) -> None:
    before = torch.random.get_rng_state()
    again = train_small_gpt(*corpus(), [NAMES], np.random.default_rng(0), SMALL)
    assert torch.equal(before, torch.random.get_rng_state())
    ours, theirs = gpt.net.state_dict(), again.net.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    codes = np.zeros((30, 1), dtype=int)
    first, second, other = (sample_texts(gpt, codes, np.random.default_rng(s)) for s in (1, 1, 2))
    assert first == second != other


def test_a_text_does_not_depend_on_its_company(gpt) -> None:
    """Each row has random numbers of its own, also when others end early."""
    codes = np.array([[0], [1]] * 20)
    together = sample_texts(gpt, codes, np.random.default_rng(5))
    chance = np.random.default_rng(5).random((40, SMALL.longest))

    class Fixed:
        def __init__(self, rows):
            self.rows = rows

        def random(self, shape):
            return self.rows

    alone = [sample_texts(gpt, codes[i : i + 1], Fixed(chance[i : i + 1]))[0] for i in range(40)]
    assert together == alone


@pytest.mark.parametrize("how", ["weight", "law"])
def test_weights_and_laws_move_what_is_learned(gpt, how) -> None:
    texts, codes = corpus()
    heavy = np.array([50.0 if "shirt" in text else 0.02 for text in texts])
    given = heavy / heavy.mean() if how == "weight" else heavy / heavy.sum()
    moved = train_small_gpt(texts, codes, [NAMES], np.random.default_rng(0), SMALL, **{how: given})
    shirts = [
        np.mean(
            ["shirt" in text for text in sample_texts(one, codes[:150], np.random.default_rng(0))]
        )
        for one in (gpt, moved)
    ]
    assert shirts[0] < 0.5
    assert shirts[1] > 0.8


def test_what_is_held_out_is_whole_texts_of_targets_with_texts_to_spare() -> None:
    texts = [f"text {i // 2}" for i in range(400)] + ["rare one", "rare two"]
    code = np.array([0] * 400 + [1] * 2)
    out = aside(texts, code, 0.2, np.random.default_rng(0))
    assert (out[:400:2] == out[1:400:2]).all()
    assert 0.1 < out[:400].mean() < 0.3
    assert not out[400:].any()


def test_training_ends_when_held_out_texts_are_told_no_better() -> None:
    rng = np.random.default_rng(0)
    noise = ["".join(rng.choice(list("abcdefgh"), 12)) for _ in range(120)]
    recipe = replace(SMALL, least=200_000, tokens=200_000, patience=2, dropout=0.0)
    made = train_small_gpt(
        noise, np.zeros((120, 1), int), [["any"]], np.random.default_rng(0), recipe
    )
    looks = [look["held_out"] for look in made.history]
    assert len(looks) < 10
    assert int(np.argmin(looks)) == len(looks) - 3


def test_saved_and_loaded_it_says_the_same(gpt, tmp_path) -> None:
    gpt.save(tmp_path / "gpt")
    assert sorted(file.suffix for file in (tmp_path / "gpt").iterdir()) == [
        ".json",
        ".json",
        ".safetensors",
    ]
    again = TrainedGpt.load(tmp_path / "gpt")
    texts, codes = corpus(50, seed=1)
    np.testing.assert_array_equal(
        gpt.log_probability(texts, codes), again.log_probability(texts, codes)
    )
    assert (again.levels, again.recipe, again.history) == (gpt.levels, gpt.recipe, gpt.history)
    (tmp_path / "gpt" / "tokenizer.json").unlink()
    with pytest.raises(Unavailable, match=r"tokenizer\.json missing"):
        TrainedGpt.load(tmp_path / "gpt")


def test_what_cannot_be_learned_or_asked_is_refused(gpt) -> None:
    with pytest.raises(NotApplicable, match="every one is empty"):
        train_small_gpt(["", " "], np.zeros((2, 1), int), [["a"]], np.random.default_rng(0), SMALL)
    with pytest.raises(InputError, match="nucleus"):
        sample_texts(gpt, np.zeros((1, 1), int), np.random.default_rng(0), nucleus=0.0)
    for wrong in ({"width": 30}, {"vocabulary": 10}, {"dropout": 1.0}, {"layers": 0}):
        with pytest.raises(InputError, match="got"):
            GptRecipe(**wrong)


def test_padding_is_not_scored(gpt) -> None:
    padded = Padded.of([[5, 6, END], [7, END]], np.zeros((2, 1), int), gpt.device)
    assert padded.follows.tolist() == [[5, 6, END], [7, END, -100]]
    assert padded.inputs.shape == (2, 2)
    assert float(padded.surprise(gpt.net).detach()[1, 2]) == 0.0


def test_what_it_tells_while_it_learns_is_its_history(gpt) -> None:
    heard = []
    with telling(heard.append):
        train_small_gpt(*corpus(), [NAMES], np.random.default_rng(0), SMALL)
    kept = ("steps", "loss", "held_out")
    told = [(p.step, p.values["loss"], p.values["held_out"]) for p in heard]
    assert told == [tuple(one[name] for name in kept) for one in gpt.history]
