"""Click models against sums written out, on dense and sparse rows alike."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
import torch

from longshelf.errors import InputError, NotApplicable
from longshelf.models.classify.crossing import CrossBody, FactorBody, TwoInputBody
from longshelf.models.classify.dcn_v2 import DcnV2
from longshelf.models.classify.deep_fm import DeepFm
from longshelf.models.classify.fm import Fm
from longshelf.models.classify.two_input_click import TwoInputClick
from longshelf.models.network import Bags
from longshelf.strategies import Fgm, Focal, Mixup, Strategy
from longshelf.tables import Rows, Targets, Valid

MODELS = {"fm": Fm(), "deep_fm": DeepFm(), "dcn_v2": DcnV2(), "two_input": TwoInputClick(first=8)}
LAYOUTS = {"dense": lambda X: X, "sparse": sp.csr_matrix}


def clicks(n=1200, seed=0):
    """One of 8 items shown to one of 8 users; a click where both are even or both odd."""
    rng = np.random.default_rng(seed)
    item, user = rng.integers(8, size=(2, n))
    X = np.concatenate([np.eye(8)[item], np.eye(8)[user]], axis=1).astype(np.float32)
    y = (item % 2 == user % 2).astype(np.int64)
    empty = pl.DataFrame({"shown": ["x"] * n})
    rows = Rows(id=np.arange(n), inputs=empty, y=y, code=y, groups=empty.select())
    return X, rows, Targets(names=np.array(["no", "yes"])).observed(rows)


def fit(model, X, rows, targets, strategy=None, seed=0):
    valid = Valid(X=X[:200], rows=rows.take(np.arange(200)))
    return model.fit(X, rows, valid, targets, strategy or Strategy(), np.random.default_rng(seed))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_second_order_equals_the_sum_over_all_pairs(layout):
    torch.manual_seed(0)
    body = FactorBody(6, 3, 2)
    X = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    x = torch.from_numpy(X) if layout == "dense" else Bags(sp.csr_matrix(X))
    vectors = body.vectors.detach().numpy()
    pairs = sum(
        X[:, [i]] * X[:, [j]] * vectors[i] * vectors[j] for i, j in combinations(range(6), 2)
    )
    out = body(x).detach().numpy()
    np.testing.assert_allclose(out[:, 2:], pairs, atol=1e-5)
    np.testing.assert_allclose(out[:, :2], X @ body.slopes.detach().numpy(), atol=1e-5)


def test_cross_layers_equal_their_formula_entry_by_entry():
    torch.manual_seed(0)
    body = CrossBody(4, 2, 8, 0.0)
    x0 = np.random.default_rng(0).normal(size=4)
    x = x0.copy()
    for layer in body.crosses:
        weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        mapped = [sum(weight[i, j] * x[j] for j in range(4)) + bias[i] for i in range(4)]
        x = np.array([x0[i] * mapped[i] + x[i] for i in range(4)])
    got = body.crossed(torch.from_numpy(x0[None]).float())[0].detach().numpy()
    np.testing.assert_allclose(got, x, atol=1e-5)


def test_two_inputs_meet_in_their_product():
    torch.manual_seed(0)
    body = TwoInputBody(2, 3, 4, 5, 0.0, sparse=False)
    x = torch.randn(1, 5)
    left = body.left(x[:, :2]).relu()
    right = body.right(x[:, 2:]).relu()
    wanted = body.joined(torch.cat([left, right, left * right], dim=1))
    torch.testing.assert_close(body(x), wanted)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", MODELS)
def test_a_click_that_no_feature_alone_tells_is_learned(name, layout):
    X, rows, targets = clicks()
    X = LAYOUTS[layout](X)
    fitted = fit(replace(MODELS[name], epochs=60, batch=128, patience=0), X, rows, targets)
    assert (fitted.scores(X).argmax(axis=1) == rows.y).mean() > 0.95
    losses = [epoch["loss"] for epoch in fitted.history]
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("strategy", [Focal(), Mixup(), Fgm()], ids=["focal", "mixup", "fgm"])
@pytest.mark.parametrize("name", MODELS)
def test_hooks_are_honoured_and_seeds_repeat(name, strategy):
    X, rows, targets = clicks(300)
    model = replace(MODELS[name], epochs=15, batch=32, patience=0)
    plain = fit(model, X, rows, targets).scores(X)
    first, second = (fit(model, X, rows, targets, strategy).scores(X) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert not np.allclose(first, plain)


def test_sizes_and_too_few_columns_are_refused():
    X, rows, targets = clicks(300)
    with pytest.raises(NotApplicable, match="384 columns"):
        fit(TwoInputClick(), X, rows, targets)
    for wrong in (
        lambda: Fm(factors=0),
        lambda: DeepFm(dropout=1.0),
        lambda: DcnV2(crosses=0),
        lambda: TwoInputClick(hidden=0),
    ):
        with pytest.raises(InputError, match="must be"):
            wrong()


def test_without_rows_held_out_every_epoch_is_taken_and_the_last_is_kept(monkeypatch):
    X, rows, targets = clicks()
    model = Fm(epochs=3, batch=128, patience=1)
    none = Valid(X=X[:0], rows=rows.take(np.arange(0)))
    alone = model.fit(X, rows, none, targets, Strategy(), np.random.default_rng(0))
    rising = iter((0.1, 0.2, 0.3))
    monkeypatch.setattr("longshelf.training.quick_score", lambda *told: next(rising))
    watched = fit(model, X, rows, targets)
    assert len(alone.history) == len(watched.history) == 3
    assert np.isnan([epoch["valid"] for epoch in alone.history]).all()
    np.testing.assert_array_equal(alone.scores(X), watched.scores(X))
