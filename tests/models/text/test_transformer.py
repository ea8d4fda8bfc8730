"""Tuned transformers: what learns, what stays, and that shortcuts change nothing."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch

import longshelf as ls
from longshelf.cache import Latest
from longshelf.components import known
from longshelf.errors import InputError, NotApplicable
from longshelf.features.pretrained import locate
from longshelf.models import BiLstm, Transformer
from longshelf.models.classify.neural import learn
from longshelf.models.network import Body, LinearHead, Net
from longshelf.models.text.encoder_net import layers_of, load, pool
from longshelf.models.text.published import PublishedVocabulary
from longshelf.models.text.reading import Reading
from longshelf.models.text.upper_layers import LowerLayers, StateStem, cut
from longshelf.recipe import Recipe
from longshelf.strategies.base import Strategy
from longshelf.tables import Rows, Targets, Valid

TEXTS = np.array(
    [["red shirt"], ["Nike men red running shoes"], ["gold watch 40mm"], ["blue silk tie"], [""]],
    dtype=object,
)
SMALL = BiLstm(epochs=2, width=8, hidden=8, patience=0, batch=32)
ELSEWHERE = {"Cdn", "ContinuedPretraining", "DropoutNet", "LogQ"}
FOR_VALUES = {"FeatureDistributionSmoothing"}
LEARNING = {"sample", "build", "logits", "loss", "step", "stages"}


@pytest.fixture(scope="module")
def folder(request):
    return str(request.getfixturevalue("tiny_bert_folder"))


@pytest.fixture(scope="module")
def decoder(request):
    return str(request.getfixturevalue("tiny_gpt_folder"))


@pytest.fixture(scope="module")
def shop():
    rng = np.random.default_rng(0)
    kinds = {"shoes": 60, "watch": 30, "dress": 12, "tie": 6}
    colours = ("red", "blue", "white", "gold")
    rows = [
        {"title": f"{rng.choice(colours)} {kind} size {rng.integers(20)}", "kind": kind}
        for kind, count in kinds.items() for _ in range(3 * count)
    ]  # fmt: skip
    return ls.load(pl.DataFrame(rows), label="kind", text="title")


@pytest.fixture(scope="module")
def plain_scores(shop):
    return fitted(shop, SMALL).predicted.test.scores


def fitted(shop, model, strategy="none"):
    return ls.fit(shop, features="words", model=model, strategy=strategy)


def states(folder, texts=TEXTS):
    """Padded states of all layers by the library itself, one text at a time."""
    model = load(locate(folder)).eval()
    tokens = PublishedVocabulary(locate(folder), 64).encode(texts)
    with torch.no_grad():
        for at in range(len(texts)):
            batch = tokens.batch(np.array([at]))
            yield model(input_ids=batch.ids, output_hidden_states=True)


@pytest.mark.parametrize("kind", ["folder", "decoder"])
@pytest.mark.parametrize("pooling", ["mean", "cls", "last"])
def test_vectors_are_those_of_the_library_whatever_the_padding(kind, pooling, request):
    name = request.getfixturevalue(kind)
    reading = Reading(locate(name), Transformer(name=name, pooling=pooling))
    net = reading.network(3).eval()
    with torch.no_grad():
        own = net.embed(reading.read(TEXTS).batch(np.arange(len(TEXTS))))
    for at, found in enumerate(states(name)):
        last = found.last_hidden_state
        wanted = pool(last, torch.ones(last.shape[:2], dtype=torch.bool), pooling)
        torch.testing.assert_close(own[at : at + 1], wanted, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", ["folder", "decoder"])
def test_a_cut_transformer_is_the_whole_one(kind, request):
    name = request.getfixturevalue(kind)
    source = locate(name)
    depth = len(layers_of(load(source)))
    tokens = PublishedVocabulary(source, 64).encode(TEXTS)
    for keep in range(1, depth + 1):
        lower, upper, _ = cut(source, keep, "mean")
        batch = lower(tokens).batch(np.arange(len(TEXTS)))
        with torch.no_grad():
            own = upper.eval()(StateStem()(batch), batch)
        for at, found in enumerate(states(name)):
            last = found.last_hidden_state
            wanted = pool(last, torch.ones(last.shape[:2], dtype=torch.bool), "mean")
            torch.testing.assert_close(own[at : at + 1], wanted, atol=2e-5, rtol=1e-4)


def test_a_frozen_encoder_gives_the_vectors_of_the_library(folder):
    lower, _, _ = cut(locate(folder), 0, "mean")
    own = lower.vectors(PublishedVocabulary(locate(folder), 64).encode(TEXTS), "mean")
    wanted = [found.last_hidden_state[0].mean(dim=0).numpy() for found in states(folder)]
    np.testing.assert_allclose(own, wanted, atol=2e-5)


def test_a_pair_apart_is_compared_from_its_two_vectors(folder):
    pairs = np.array([["red shirt", "blue silk tie"], ["gold watch", "watch"]], dtype=object)
    reading = Reading(locate(folder), Transformer(name=folder, apart=True))
    net = reading.network(2).eval()
    head = Reading(locate(folder), Transformer(name=folder, apart=True, tune="head"))
    with torch.no_grad():
        own = net.embed(reading.read(pairs).batch(np.arange(2))).numpy()
    np.testing.assert_allclose(own, head.read(pairs), atol=2e-5)


@pytest.mark.parametrize(
    ("tune", "part"),
    [("full", ""), ("last", "layer.1."), ("lora", "lora_"), ("prefix", "prompt"), ("head", "head")],
)
def test_only_what_is_tuned_moves(shop, folder, tune, part):
    model = Transformer(name=folder, tune=tune, epochs=1, layers=1, batch=64)
    arm = fitted(shop, model)
    net = arm.learned.fitted.fitted.net
    free = net.free()
    assert all(name.startswith("head.") or part in name for name in free)
    assert arm.about["parameters"] == sum(p.numel() for p in free.values())
    torch.manual_seed(0)
    fresh = dict(Reading(locate(folder), model).network(len(arm.parts.targets)).named_parameters())
    for name, now in net.named_parameters():
        random = "lora_A" in name or "prompt" in name or name.startswith("head.")
        assert random or torch.equal(now, fresh[name]) == (name not in free), name


def test_equal_seeds_equal_scores_and_tuning_learns(shop, folder):
    model = f"transformer(name='{folder}', epochs=6, batch=16, rate=0.01, lead=1)"
    one, two = fitted(shop, model), fitted(shop, model)
    assert np.array_equal(one.predicted.test.scores, two.predicted.test.scores)
    assert one.value("accuracy") > fitted(shop, "majority").value("accuracy") + 0.2


def test_accumulated_parts_are_the_batch():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 5)).astype(np.float32)
    y = rng.integers(0, 3, 64)
    rows = Rows(
        id=np.arange(64), inputs=pl.DataFrame(), y=y, code=y, groups=pl.DataFrame()
    )  # fmt: skip
    targets = Targets(names=np.array(["a", "b", "c"]), kind="class").observed(rows)
    valid = Valid(X=X, rows=rows)
    scores = [
        learn(
            lambda: Net(Body(), Body(), LinearHead(5, 3)), X, rows, valid, targets, Strategy(),
            np.random.default_rng(0), Recipe(epochs=3, batch=16, clip=0.05, accumulate=parts),
        ).scores(X)
        for parts in (1, 4)
    ]  # fmt: skip
    assert np.abs(scores[0]).max() > 0.01
    np.testing.assert_allclose(*scores, atol=1e-5)


@pytest.mark.filterwarnings("ignore::longshelf.errors.LongShelfWarning")
@pytest.mark.parametrize(
    "name",
    sorted(
        name for name, cls in known("strategy").items()
        if cls().hooks and cls().hooks <= LEARNING and name not in FOR_VALUES
    ),
)  # fmt: skip
def test_every_hook_of_learning_acts_inside_a_recurrent_network(shop, name, plain_scores):
    if name in ELSEWHERE:
        with pytest.raises(NotApplicable):
            fitted(shop, SMALL, name)
        return
    assert not np.array_equal(plain_scores, fitted(shop, SMALL, name).predicted.test.scores)


@pytest.mark.parametrize("strategy", ["Fgm", "Mixup", "Focal", "LogitAdjusted", "Crt"])
@pytest.mark.parametrize("tune", ["full", "last", "lora"])
def test_remedies_act_inside_fine_tuning(shop, folder, tune, strategy):
    model = Transformer(name=folder, tune=tune, layers=1, epochs=2, batch=64)
    plain = fitted(shop, model).predicted.test.scores
    assert not np.array_equal(plain, fitted(shop, model, strategy).predicted.test.scores)


def test_wrong_features_and_arguments_are_told(shop):
    with pytest.raises(NotApplicable, match="features: words"):
        ls.fit(shop, features="tf_idf", model="transformer")
    with pytest.raises(NotApplicable, match="features: words"):
        ls.fit(shop, features="tf_idf", model="bi_lstm")
    with pytest.raises(InputError, match="way of tuning"):
        Transformer(tune="half")
    with pytest.raises(InputError, match="cuts through"):
        Transformer(tune="last", apart=True)


def test_texts_the_encoder_cannot_read_are_told(folder):
    rows = [{"title": f"红色 连衣裙 {at}", "kind": "ab"[at % 2]} for at in range(60)]
    chinese = ls.load(pl.DataFrame(rows), label="kind", text="title")
    learned = fitted(chinese, Transformer(name=folder, tune="head", epochs=1, rate=1e-3))
    (said,) = (text for text in learned.about["warnings"] if "unknown to" in text)
    assert folder in said
    assert "tf_idf (words cut by jieba)" in said


def test_arms_that_read_the_same_texts_run_the_lower_layers_once(folder, monkeypatch):
    monkeypatch.setattr(
        "longshelf.models.text.upper_layers.LATEST", Latest(2**20, lambda flat: flat.nbytes)
    )
    run = []
    states = LowerLayers._states
    monkeypatch.setattr(
        LowerLayers, "_states", lambda self, x: run.append(len(x)) or states(self, x)
    )
    model = Transformer(name=folder, tune="last", layers=1)
    first = Reading(locate(folder), model).read(TEXTS)
    assert sum(run) == len(np.unique(TEXTS))
    doubled = np.concatenate([TEXTS[::-1], TEXTS])
    again = Reading(locate(folder), model).read(doubled)
    assert sum(run) == len(np.unique(TEXTS))
    at = np.arange(len(TEXTS))
    assert torch.equal(again.batch(at[::-1].copy()).states, first.batch(at).states)
    assert not first.flat.flags.writeable
    Reading(locate(folder), replace(model, layers=2)).read(TEXTS)
    Reading(locate(folder), model).read(TEXTS[1:])
    assert sum(run) > 2 * len(np.unique(TEXTS))
    run.clear()
    heads = [
        Reading(locate(folder), Transformer(name=folder, tune="head", pooling=pooling)).read(TEXTS)
        for pooling in ("mean", "mean", "cls")
    ]
    assert sum(run) == 2 * len(np.unique(TEXTS))
    np.testing.assert_array_equal(heads[0], heads[1])
    assert not np.allclose(heads[0], heads[2])


def test_only_kept_layers_draw_at_random_while_they_learn(folder):
    _, upper, _ = cut(locate(folder), 1, "mean")
    upper.train()
    drawing = [name for name, part in upper.named_modules() if part.training and "ropout" in name]
    assert drawing
    assert all(".layer.1." in name for name in drawing)
    assert not any(part.training for part in upper.eval().modules())
