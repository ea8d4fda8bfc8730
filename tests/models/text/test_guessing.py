"""Words that were hidden, or come next, are guessed; encoders and decoders learn to."""

import numpy as np
import polars as pl
import pytest
import torch

import longshelf as ls
from longshelf.errors import NotApplicable
from longshelf.models.text.encoder_net import Marks
from longshelf.models.text.guessing import NONE, Guess
from longshelf.models.text.tokens import TokenBatch

TABLE = torch.randn(40, 8, generator=torch.Generator().manual_seed(0))


def batch(rows):
    lengths = torch.tensor([len(row) for row in rows])
    ids = torch.zeros(len(rows), int(lengths.max()), dtype=torch.long)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row)
    return TokenBatch(ids, lengths, lengths)


def test_hidden_words_are_shares_of_words_and_never_special_ones():
    torch.manual_seed(0)
    guess = Guess(TABLE, Marks(masking=3, special=(0, 1, 2, 3)), 0.15)
    x = batch([[1, *np.random.default_rng(s).integers(4, 40, 30).tolist(), 2] for s in range(400)])
    shown, wanted = guess.task(x)
    chosen = wanted != NONE
    assert not chosen[:, [0, -1]].any()
    assert abs(chosen.sum().item() / (400 * 30) - 0.15) < 0.01
    assert torch.equal(wanted[chosen], x.ids[chosen])
    assert torch.equal(shown.ids[~chosen], x.ids[~chosen])
    masked = (shown.ids[chosen] == 3).float().mean().item()
    same = (shown.ids[chosen] == x.ids[chosen]).float().mean().item()
    assert abs(masked - 0.8) < 0.03
    assert abs(same - 0.1) < 0.03


def test_without_a_mask_the_next_word_is_guessed():
    _, wanted = Guess(TABLE, Marks(), 0.15).task(batch([[5, 6, 7], [8, 9]]))
    assert wanted.tolist() == [[6, 7, NONE], [9, NONE, NONE]]


def test_the_loss_is_the_mean_over_guessed_places_by_a_naive_loop():
    guess = Guess(TABLE, Marks(), 0.15)
    states = torch.randn(2, 3, 8)
    wanted = torch.tensor([[6, 7, NONE], [9, NONE, NONE]])
    losses = []
    for row in range(2):
        for place in range(3):
            if wanted[row, place] != NONE:
                z = TABLE @ guess.layer(states[row, place][None])[0] + guess.bias
                losses.append(torch.logsumexp(z, 0) - z[wanted[row, place]])
    assert torch.allclose(guess(states, wanted), torch.stack(losses).mean(), atol=1e-6)
    assert guess(states, torch.full((2, 3), NONE)).item() == 0


@pytest.fixture(scope="module")
def shop():
    rng = np.random.default_rng(0)
    rows = [
        {"title": f"{rng.choice(['red', 'blue'])} {kind} size {rng.integers(9)}", "kind": kind}
        for kind in ("shoes", "watch", "dress") for _ in range(60)
    ]  # fmt: skip
    return ls.load(pl.DataFrame(rows), label="kind", text="title")


@pytest.mark.parametrize("kind", ["tiny_bert_folder", "tiny_gpt_folder"])
@pytest.mark.parametrize("tune", ["full", "lora"])
def test_reading_on_changes_the_encoder_and_its_loss_falls(shop, kind, tune, request):
    folder = request.getfixturevalue(kind)
    model = f"transformer(name='{folder}', tune='{tune}', epochs=8, batch=16, rate=0.01, lead=1)"
    how = {"features": "words", "model": model}
    plain = ls.fit(shop, **how)
    read = ls.fit(shop, **how, strategy="ContinuedPretraining")
    assert not np.array_equal(plain.predicted.test.scores, read.predicted.test.scores)
    history = [epoch["loss"] for epoch in read.learned.fitted.history[:4]]
    assert history[-1] < 0.9 * history[0]


def test_models_that_cannot_read_on_say_so(shop, tiny_bert_folder):
    for model in (
        "bi_lstm(epochs=1)", f"transformer(name='{tiny_bert_folder}', tune='last', layers=1)"
    ):  # fmt: skip
        with pytest.raises(NotApplicable, match="ContinuedPretraining reads"):
            ls.fit(shop, features="words", model=model, strategy="ContinuedPretraining")
