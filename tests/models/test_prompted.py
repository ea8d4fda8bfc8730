"""Classes asked of a tiny language model, against reading every prompt and label naively."""

import numpy as np
import polars as pl
import pytest
import torch
from scipy.special import softmax

import longshelf as ls
from longshelf.cache import Cache
from longshelf.components import build
from longshelf.errors import InputError, NotApplicable
from longshelf.models import Prompted
from longshelf.strategies import ContextualCalibration, PostHocLogitAdjustment, RandomOver, Strategy
from longshelf.tables import Rows, Targets, Valid

TEXTS = ["red dress", "blue dress", "gold watch", "steel watch", "a tie", "silk tie", "red dress"]
Y = np.array([0, 0, 1, 1, 2, 2, 0])
NAMES = ("Dresses", "Watches", "Ties", "Tie Clips")


def words(texts):
    X = np.empty((len(texts), 1), object)
    X[:, 0] = texts
    return X


def rows_of(y, texts):
    return Rows(
        id=np.arange(len(y)), inputs=pl.DataFrame({"text": texts}), y=y, code=y,
        groups=pl.DataFrame({"group": ["a"] * len(y)}),
    )  # fmt: skip


def fit(model, seed=0, names=NAMES, texts=TEXTS, text=None):
    rows = rows_of(Y, texts)
    targets = Targets(names=np.array(names), text=None if text is None else np.array(text))
    X = words(texts)
    rng = np.random.default_rng(seed)
    return model.fit(X, rows, Valid(X=X, rows=rows), targets.observed(rows), Strategy(), rng)


def naive(lm, prompt, answer):
    """Log likelihood and number of the answer's tokens, both texts read from the start."""
    ids, own = (lm.tokenizer(text)["input_ids"] for text in (prompt, answer))
    with torch.inference_mode():
        said = lm.net(input_ids=torch.tensor([ids + own])).logits[0].double().log_softmax(-1)
    return sum(float(said[len(ids) - 1 + at, token]) for at, token in enumerate(own)), len(own)


@pytest.fixture(scope="module")
def asked(tiny_gpt_folder):
    def of(**given):
        return Prompted(name=str(tiny_gpt_folder), **given)

    return of


@pytest.mark.parametrize("normalise", ["sum", "mean", "pmi"])
def test_scores_are_the_likelihoods_of_the_names(asked, normalise):
    fitted = fit(asked(normalise=normalise))
    found = fitted.scores(words(TEXTS))
    assert found.shape == (7, 4)
    assert found.dtype == np.float32
    for text, row in zip(TEXTS, found, strict=True):
        wanted = []
        for name in NAMES:
            said, tokens = naive(fitted.lm, f"Title: {text}\nCategory:", f" {name}\n\n")
            free, _ = naive(fitted.lm, "Title: \nCategory:", f" {name}\n\n")
            wanted.append({"sum": said, "mean": said / tokens, "pmi": said - free}[normalise])
        np.testing.assert_allclose(row, wanted, atol=1e-3)
    assert np.array_equal(found[0], found[6])


def test_chinese_titles_are_asked_about_in_chinese(asked):
    fitted = fit(asked(), texts=["男士红色跑鞋", "女士连衣裙"] * 3 + ["蓝色运动鞋"])
    assert fitted.prompts(["跑鞋"], None) == ["标题：跑鞋\n类别："]


def test_templates_and_leads_are_the_users_own(asked):
    model = asked(template="{text} => {label};", lead="Kinds:\n{labels}\n", shots=1)
    fitted = fit(model, text=["worn", "", "Ties", "hold ties"])
    prompt = fitted.prompts(["mug"], None)[0]
    assert prompt.startswith("Kinds:\n- Dresses: worn\n- Watches\n- Ties\n- Tie Clips: hold ties\n")
    assert prompt.endswith(";mug =>")
    assert prompt.count("=>") == 2


@pytest.mark.parametrize("shots", [1, 2, 5, 10])
def test_balanced_examples_meet_each_class_before_any_twice(asked, shots):
    fitted = fit(asked(shots=shots))
    labels = [label for _, label in fitted.examples]
    assert len(labels) == min(shots, len(TEXTS))
    counts = sorted(labels.count(name) for name in NAMES[:3])
    assert counts[-1] - counts[0] <= 1 or shots >= len(TEXTS)
    assert dict(zip(TEXTS, Y, strict=True)) | {
        text: NAMES.index(label) for text, label in fitted.examples
    } == dict(zip(TEXTS, Y, strict=True))
    assert fit(asked(shots=shots)).examples == fitted.examples
    others = [fit(asked(shots=shots), seed=seed).examples for seed in range(1, 6)]
    assert any(other != fitted.examples for other in others)


def test_nearest_examples_are_each_texts_own_and_end_with_the_nearest(asked):
    texts = [*TEXTS[:4], "steel tie", *TEXTS[5:]]
    fitted = fit(asked(shots=2, draw="nearest"), texts=texts)
    prompts = fitted.prompts(["steel watch strap", "long red dress"], fitted.nearest)
    assert prompts[0].split("\n\n")[-2] == "Title: steel watch\nCategory: Watches"
    assert prompts[1].split("\n\n")[-2] == "Title: red dress\nCategory: Dresses"
    assert all(prompt.count("Category:") == 3 for prompt in prompts)
    found = fitted.scores(words(["steel watch strap"]))[0]
    wanted = [naive(fitted.lm, prompts[0], f" {name}\n\n")[0] for name in NAMES]
    np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_torchs_generator_is_left_alone(asked):
    before = torch.random.get_rng_state()
    fit(asked(shots=1)).scores(words(TEXTS))
    assert torch.equal(before, torch.random.get_rng_state())


def test_examples_change_the_scores(asked):
    scores = [fit(asked(shots=shots)).scores(words(TEXTS)) for shots in (0, 1, 2)]
    assert not np.allclose(scores[0], scores[1])
    assert not np.allclose(scores[1], scores[2])


def test_what_has_nothing_to_act_on_is_not_applicable(asked, tiny_gpt_folder):
    targets = Targets(names=np.array(NAMES))
    with pytest.raises(NotApplicable, match="looks at no training row, so resample"):
        asked().check(RandomOver(), targets)
    asked(shots=1).check(RandomOver(), targets)
    X, rows, rng = np.zeros((7, 2), np.float32), rows_of(Y, TEXTS), np.random.default_rng(0)
    with pytest.raises(NotApplicable, match="features: words"):
        asked().fit(X, rows, Valid(X=X, rows=rows), targets, Strategy(), rng)


@pytest.mark.parametrize(
    "wrong", ["shots=-1", "draw='all'", "normalise='max'", "template='{text}'"]
)
def test_impossible_arguments_are_refused(wrong):
    with pytest.raises(InputError):
        build("model", f"prompted({wrong})")


@pytest.fixture(scope="module")
def shop():
    return ls.load("marketplace(items=240, imbalance=20)")


@pytest.fixture(scope="module")
def arm(shop, tiny_gpt_folder, tmp_path_factory):
    cache = Cache(tmp_path_factory.mktemp("cache"))

    def of(strategy="none", model=f"prompted(name='{tiny_gpt_folder}', shots=2)"):
        return ls.fit(shop, features="words", model=model, strategy=strategy, cache=cache)

    return of


def test_contextual_calibration_divides_by_the_answers_to_nothing(arm):
    plain, calibrated = arm(), arm("ContextualCalibration")
    fitted = plain.learned.fitted
    template, names = fitted.template, fitted.names
    lead = template.show(fitted.examples)
    said = [
        [naive(fitted.lm, lead + template.ask(nothing), template.answer(name))[0] for name in names]
        for nothing in ("N/A", "[MASK]", "")
    ]
    preference = softmax(said, axis=1).mean(axis=0)
    divided = softmax(plain.predicted.test.scores, axis=1) / preference
    divided /= divided.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(calibrated.predicted.test.raw, divided, rtol=5e-3, atol=1e-6)
    assert not np.array_equal(
        plain.predicted.test.decisions["argmax"], calibrated.predicted.test.decisions["argmax"]
    )
    shift = ContextualCalibration().correct(fitted, None, None).apply(np.log(preference))
    np.testing.assert_allclose(shift, 0, atol=2e-3)


def test_logit_adjustment_works_on_label_logits_unchanged(arm):
    plain, adjusted = arm(), arm(PostHocLogitAdjustment(tau=2.0))
    wanted = plain.predicted.test.scores - 2.0 * np.log(plain.parts.targets.prior)
    np.testing.assert_allclose(adjusted.predicted.test.scores, wanted, rtol=1e-5)
    assert not np.array_equal(
        plain.predicted.test.decisions["argmax"], adjusted.predicted.test.decisions["argmax"]
    )


def test_a_model_that_is_not_asked_cannot_be_calibrated_so(shop, tmp_path):
    with pytest.raises(NotApplicable, match="not asked by prompts"):
        ls.fit(shop, model="logistic", strategy="ContextualCalibration", cache=Cache(tmp_path))
