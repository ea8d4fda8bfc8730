"""What every component of a namespace owes: found by walking the namespaces, so none is forgotten."""

import inspect
import re
from dataclasses import FrozenInstanceError, fields

import numpy as np
import polars as pl
import pytest

import longshelf as ls
from longshelf.cache import Cache
from longshelf.components import build, known, show
from longshelf.datasets import Marketplace
from longshelf.strategies.base import HOOKS, Strategy

STRATEGIES = sorted(name for name in known("strategy") if name != "Strategy")
RANKING = {
    "BcLoss", "CalibratedPopularity", "Cdn", "Dpp", "DropoutNet", "EpsilonGreedy", "ExposureFair",
    "FaStar", "HardNegatives", "InBatch", "LogQ", "MixedNegatives", "Mmr", "PopGo",
    "PopularityDiscount", "PopularityNegatives", "PseudoSessions", "SampledSoftmax", "TailQuota",
    "TextPseudoInteractions", "UniformNegatives", "XQuad",
}  # fmt: skip
VALUES = {"FeatureDistributionSmoothing", "LabelDistributionSmoothing"}
RARE = {"Gan", "PerClassThreshold", "PositionBias"}
PROMPTS = {"ContextualCalibration"}
READING = {"ContinuedPretraining"}
BESIDE = {"LogQ": "InBatch", "ValidAmount": "Expand(to=100)"}
"""Strategies that act only beside another, which their docstring names."""
TYPED = {
    "Gan": "Gan(steps=150, hidden=32)",
    "Ghm": "Ghm(bins=200)",
    "Imblearn": "Imblearn(sampler='RandomOverSampler')",
    "ValidAmount": "ValidAmount(shares=(0.5,))",
}
"""Arguments that suit many classes, little training, very few rows, or leave no choice."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return Cache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def problems():
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    demand = np.exp(1.5 * x + 0.3 * rng.normal(size=400))
    return {
        "class": ls.load("marketplace(items=500, imbalance=20)"),
        "rare": ls.load("marketplace(problem='purchase', users=600)"),
        "value": ls.load(pl.DataFrame({"demand": demand, "x": x}), label="demand", numeric=("x",)),
        "item": ls.load("marketplace(problem='interactions', users=150, items=120)"),
        "asked": ls.load("marketplace(items=240, imbalance=20)"),
        "read": ls.load("marketplace(items=240, imbalance=20)"),
    }


HOW = {
    "class": {"features": "tf_idf", "model": "mlp(epochs=3, hidden=16, rate=0.02, batch=96)"},
    "rare": {"features": "tabular", "model": "logistic"},
    "value": {"task": "regress", "features": "tabular", "model": "mlp(epochs=3, hidden=16)"},
    "item": {"task": "rank", "split": "by_time", "features": "ids",
             "model": "matrix_factorisation(epochs=2, width=8)"},
    "asked": {"features": "words", "model": "prompted(name='{gpt}')"},
    "read": {"features": "words", "model": "transformer(name='{bert}', epochs=2)"},
}  # fmt: skip


@pytest.fixture(scope="module")
def outcome(problems, cache, tiny_gpt_folder, tiny_bert_folder):
    """What a strategy leads to: scores, decisions and probabilities, or lists."""
    kept = {}

    def of(kind, strategy):
        if (kind, strategy) not in kept:
            how = HOW[kind] | {
                "model": HOW[kind]["model"].format(gpt=tiny_gpt_folder, bert=tiny_bert_folder)
            }
            arm = ls.fit(problems[kind], **how, strategy=strategy, cache=cache)
            test = getattr(arm.predicted, "test", None)
            kept[kind, strategy] = (
                [arm.predicted.ids, arm.predicted.scores]
                if test is None
                else [test.scores, *test.decisions.values(), test.raw]
            )
        return kept[kind, strategy]

    return of


@pytest.mark.filterwarnings("ignore::longshelf.errors.LongShelfWarning")
@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_changes_something(outcome, name):
    kind = "item" if name in RANKING else "value" if name in VALUES else "class"
    kind = "rare" if name in RARE else "asked" if name in PROMPTS else kind
    kind = "read" if name in READING else kind
    beside = BESIDE.get(name)
    plain = outcome(kind, beside or "none")
    typed = TYPED.get(name, name)
    changed = outcome(kind, f"{beside} + {typed}" if beside else typed)
    assert any(not np.array_equal(a, b) for a, b in zip(plain, changed, strict=True))


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_overrides_a_hook_and_is_frozen(name):
    strategy = known("strategy")[name]()
    assert strategy.hooks
    assert strategy.hooks <= set(HOOKS)
    assert build("strategy", show(strategy)) == strategy
    with pytest.raises((FrozenInstanceError, AttributeError)):
        strategy.anything = 1
    for hook in strategy.hooks:
        wanted = list(inspect.signature(getattr(Strategy, hook)).parameters)
        assert list(inspect.signature(getattr(type(strategy), hook)).parameters) == wanted


def every():
    for kind in (
        "strategy", "model", "features", "split", "dataset", "task", "generator", "filter",
    ):  # fmt: skip
        for name, cls in known(kind).items():
            if cls is not Strategy:
                yield pytest.param(kind, cls, id=f"{kind}-{name}")


@pytest.mark.parametrize(("kind", "cls"), list(every()))
def test_every_argument_is_explained(kind, cls):
    told = "\n".join(inspect.getdoc(one) or "" for one in cls.__mro__[:-1])
    assert re.match(r"[^\n]", told)
    for one in fields(cls):
        explained = re.search(rf"(^|, ){re.escape(one.name)}\b.*(:|,)", told, re.MULTILINE)
        assert explained, f"{cls.__name__}.{one.name} is not in its docstring"


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_remedy_names_its_source_or_says_why_there_is_none(name):
    told = inspect.getdoc(known("strategy")[name]) or ""
    module = inspect.getmodule(known("strategy")[name]).__doc__ or ""
    assert re.search(r"References|Notes|\(\d{4}\)|\b(19|20)\d\d\b", told + module), name


@pytest.mark.parametrize("name", sorted(known("metric")))
def test_every_metric_declares_itself(name):
    metric = known("metric")[name]()
    assert len(metric.definition) > 10
    low, high = metric.limits
    assert low < high
    assert isinstance(metric.greater_is_better, bool)
    assert metric.reads in ("decision", "score", "probability", "ranking", "text")
    assert metric.unit in ("row", "class", "source", "catalogue")


def test_values_of_random_predictions_stay_within_their_limits(problems, cache):
    limits = {}
    for cls in known("metric").values():
        metric = cls()
        limits[re.split(r"[@(]", metric.id)[0]] = metric.limits
    seen = set()
    for kind, model in (
        ("class", "stratified_random"),
        ("item", "random_ranking"),
        ("value", "mean"),
    ):
        features = "ids" if kind == "item" else "nothing"
        how = {**HOW[kind], "model": model, "features": features}
        arm = ls.fit(problems[kind], **how, cache=cache)
        plain = arm.values.filter(pl.col("slice_axis").is_in(["all", "target"])).drop_nulls("value")
        for metric, value in plain.select("metric", "value").iter_rows():
            stem = re.split(r"[@(]", metric)[0]
            if stem not in limits or not np.isfinite(value):
                continue
            low, high = limits[stem]
            seen.add(stem)
            assert low - 1e-9 <= value <= high + 1e-9, (metric, value)
    assert len(seen) >= 25


@pytest.mark.parametrize("name", sorted(known("dataset")))
def test_every_data_set_has_a_whole_card(name):
    source = known("dataset")[name]
    card = source.card
    assert card.title
    assert card.licence
    assert card.redistribution in ("allowed", "evaluation only", "own")
    assert card.personal_data
    if source is not Marketplace:
        assert card.address.startswith("https://")
        assert card.citation
        assert card.files
        assert source.files
        assert all(re.fullmatch(r"[0-9a-f]{64}|", digest) for digest in card.files.values())


@pytest.mark.parametrize("problem", ["category", "purchase", "interactions"])
def test_the_built_in_shop_loads(problem):
    shop = ls.load(f"marketplace(problem='{problem}', items=200, users=50)")
    assert shop.rows.height > 50
    assert set(shop.schema.columns) <= set(shop.rows.columns)
