"""Every model: shapes, the same bytes for the same seed, absent classes, one class, both layouts."""

import inspect

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
import torch

import longshelf.models as models
from longshelf.components import build, known, show
from longshelf.errors import InputError, NotApplicable
from longshelf.features.name_hits import NameHits
from longshelf.models.classify.click import Click
from longshelf.models.classify.neural import Neural
from longshelf.strategies import Strategy
from longshelf.tables import Rows, Schema, Targets, Valid

TEXTUAL = {
    "BiLstm", "ChatClassifier", "NameMatch", "NameSimilarity", "Prompted", "Transformer",
}  # fmt: skip
"""Models that read texts, not numbers, and are tested apart."""
CLASSIFIERS = sorted(
    name for name, cls in known("model").items() if "class" in cls.kinds and name not in TEXTUAL
)
NETWORKS = {name for name, cls in known("model").items() if issubclass(cls, Neural)}
GIVEN = {"TwoInputClick": {"first": 3}}
"""Arguments that suit the few columns here."""
LAYOUTS = {"dense": lambda X: X, "sparse": sp.csr_matrix}


def rows_of(y, code=None, text=None, weight=None):
    n = len(y)
    return Rows(
        id=np.arange(n),
        inputs=pl.DataFrame({"text": text if text is not None else ["x"] * n}),
        y=y,
        code=y if code is None else code,
        groups=pl.DataFrame({"group": ["a"] * n}),
        weight=weight,
    )


def make(name):
    cls = known("model")[name]
    short = {k: v for k, v in (("epochs", 3), ("trees", 5), ("hidden", 8)) if k in fields(cls)}
    return cls(**short, **GIVEN.get(name, {}))


def patient(name, epochs):
    """Networks that pass a single batch an epoch get more of them, careful ones many more."""
    given = {"epochs": epochs} if name in NETWORKS else {}
    if issubclass(known("model")[name], Click):
        given = {"epochs": 10 * epochs, "patience": 0}
    return known("model")[name](**given, **GIVEN.get(name, {}))


def fields(cls):
    return inspect.signature(cls).parameters


def problem(classes=4, names=5, n=120, seed=0):
    """Rows of ``classes`` separable classes among ``names`` names; the last have no row."""
    draw = np.random.default_rng(seed)
    y = np.arange(n) % classes
    X = (np.eye(6)[y] * 3 + draw.normal(size=(n, 6))).astype(np.float32)
    rows = rows_of(y)
    return X, rows, Targets(names=np.array([f"c{i}" for i in range(names)])).observed(rows)


def fit(model, X, rows, targets, strategy=None, seed=0):
    valid = Valid(X=X[:40], rows=rows.take(np.arange(40)))
    rng = np.random.default_rng(seed)
    return model.fit(X, rows, valid, targets, strategy or Strategy(), rng)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_scores_shape_finiteness_and_absent_class(name, layout):
    X, rows, targets = problem()
    X = LAYOUTS[layout](X)
    fitted = fit(make(name), X, rows, targets)
    scores = fitted.scores(X[:7])
    assert scores.shape == (7, 5)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    if name not in NETWORKS:
        assert (scores.argmax(axis=1) < 4).all()
        assert (torch.softmax(torch.from_numpy(scores), 1)[:, 4] < 1e-3).all()
    assert fitted.parameters > 0
    if fitted.head is not None and fitted.head.weight.shape[1] == X.shape[1]:
        own = X[:7] @ fitted.head.weight.T + fitted.head.bias
        np.testing.assert_allclose(np.asarray(own), scores, atol=1e-3)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_same_seed_same_bytes_and_torch_generator_untouched(name):
    X, rows, targets = problem()
    before = torch.random.get_rng_state()
    first, second = (fit(make(name), X, rows, targets).scores(X).tobytes() for _ in range(2))
    assert first == second
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_one_class_in_training_gives_that_class(name):
    X, rows, targets = problem(classes=1, names=2, n=40)
    model = patient(name, 15) if name in NETWORKS else make(name)
    scores = fit(model, X, rows, targets).scores(X)
    assert np.isfinite(scores).all()
    assert (scores.argmax(axis=1) == 0).mean() > 0.9


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_two_classes_give_two_columns(name):
    X, rows, targets = problem(classes=2, names=2)
    assert fit(make(name), X, rows, targets).scores(X).shape == (120, 2)


@pytest.mark.parametrize(
    "name", [name for name in CLASSIFIERS if name not in ("Majority", "Prior", "StratifiedRandom")]
)
def test_learners_learn(name):
    X, rows, targets = problem(names=4, n=400)
    model = patient(name, 30)
    decided = fit(model, X, rows, targets).scores(X).argmax(axis=1)
    assert (decided == rows.y).mean() > 0.9


@pytest.mark.parametrize("name", sorted(known("model")))
def test_name_parses_back_and_other_kinds_are_refused(name):
    model = known("model")[name]()
    assert build("model", show(model)) == model
    other = next(k for k in ("text", "item", "value") if k not in model.kinds)
    with pytest.raises(NotApplicable, match=f"not {other}"):
        model.check(Strategy(), Targets(names=np.array(["a"]), kind=other))


class Heavy(Strategy):
    """Class 0 weighs nearly everything."""

    def weigh(self, rows, targets):
        weights = np.where(rows.y == 0, 1e3, 1e-3)
        return weights / weights.mean()


@pytest.mark.parametrize(
    "name",
    [n for n in CLASSIFIERS if n not in ("StratifiedRandom", "NearestCentroid", "LightGbm")],
)
def test_row_weights_are_honoured(name):
    draw = np.random.default_rng(0)
    y = np.arange(200) % 3
    X = draw.normal(size=(200, 4)).astype(np.float32)
    rows = rows_of(y)
    targets = Targets(names=np.array(["a", "b", "c"])).observed(rows)
    model = patient(name, 20)
    plain = fit(model, X, rows, targets).scores(X).argmax(axis=1)
    heavy = fit(model, X, rows, targets, Heavy()).scores(X).argmax(axis=1)
    if name in ("Majority", "Prior"):
        assert (heavy == 0).all()
    else:
        assert (heavy == 0).mean() > (plain == 0).mean() + 0.2


def test_no_models_package_import_pulls_in_torch_or_lightgbm():
    import subprocess
    import sys

    code = (
        "import sys, longshelf.models;"
        "print([m for m in ('torch', 'sklearn', 'lightgbm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_all_is_sorted_and_importable():
    assert models.__all__ == sorted(models.__all__)
    assert all(hasattr(models, name) for name in models.__all__)


@pytest.mark.parametrize(
    "spec", ["mlp(dropout=1.0)", "mlp(hidden=0)", "logistic(C=0)", "svm(C=-1)", "knn(k=0)",
             "light_gbm(leaves=1)", "matrix_factorisation(width=0)"],
)  # fmt: skip
def test_impossible_arguments_are_refused(spec):
    with pytest.raises(InputError, match="got"):
        build("model", spec)


def test_name_match_takes_the_longest_name_then_the_majority():
    text = [
        "Nike men SHOES", "a sports-shoe by Puma", "watches for her", "plain thing",
        "running shoe", "nothing here",
    ]  # fmt: skip
    names = np.array(["Shoes", "Sports Shoes", "Watches"])
    rows = rows_of(np.array([0, 1, 2, 0, 0, 0]), text=text)
    targets = Targets(names=names).observed(rows)
    X = NameHits().fit(rows, Schema(text=("text",))).transform(rows)
    fitted = fit_all(models.NameMatch(), X, rows, targets)
    scores = fitted.scores(X)
    assert scores.argmax(axis=1).tolist() == [0, 1, 2, 0, 0, 0]
    assert fitted.hit(X).tolist() == [0, 1, 2, -1, 0, -1]
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1, atol=1e-5)
    with pytest.raises(NotApplicable, match="name_hits"):
        fit_all(models.NameMatch(), np.zeros((6, 2), np.float32), rows, targets)


def fit_all(model, X, rows, targets):
    valid = Valid(X=X, rows=rows)
    return model.fit(X, rows, valid, targets, Strategy(), np.random.default_rng(0))
