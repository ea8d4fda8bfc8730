"""Two towers and the title encoder: naive forward passes, anchors in text, cold items."""

import numpy as np
import polars as pl
import pytest
import torch
from scipy.special import softmax

from longshelf.errors import InputError, NotApplicable
from longshelf.models.rank.item_text import text_vectors
from longshelf.models.rank.title_encoder import TitleEncoder
from longshelf.models.rank.towers import AnchoredHead
from longshelf.models.rank.two_tower import TwoTower
from longshelf.strategies import Fgm, InBatch, Strategy
from longshelf.tables import Rows, Targets, Valid

COLOURS = ("red", "green", "blue")
THINGS = ("shirt", "shoe", "hat", "coat", "sock")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("LONGSHELF_CACHE", str(tmp_path))


def rows_of(y):
    empty = pl.DataFrame({"user": ["u"] * len(y)})
    return Rows(id=np.arange(len(y)), inputs=empty, y=y, code=y, groups=empty.select())


def shop(users=60, each=6, cold=4, seed=0):
    """Users love one colour; things of code ``cold``, one a colour, nobody had yet."""
    rng = np.random.default_rng(seed)
    things = len(THINGS)
    text = np.array([f"{colour} {thing}" for colour in COLOURS for thing in THINGS])
    user = np.repeat(np.arange(users), each)
    warm = np.array([thing for thing in range(things) if thing != cold])
    y = user % 3 * things + rng.choice(warm, len(user))
    rows = rows_of(y)
    targets = Targets(names=text, kind="item", text=text).observed(rows)
    past = np.array([y[user == u][rng.integers(each, size=4)] + 1 for u in user])
    past[::3, :2] = 0
    features = np.eye(3, dtype=np.float32)[user % 3]
    return {"ids": user[:, None] + 1, "history": past, "features": features}, rows, targets


def fit(model, X, rows, targets, strategy=None, seed=0):
    valid = Valid(X=X[:20], rows=rows.take(np.arange(20)))
    return model.fit(X, rows, valid, targets, strategy or Strategy(), np.random.default_rng(seed))


QUICK = {"width": 16, "epochs": 25, "batch": 64, "rate": 0.02, "patience": 0, "text": "tf_idf"}


@pytest.mark.parametrize("reads", ["ids", "history", "features"])
@pytest.mark.parametrize("items", ["ids", "text", "both"])
def test_tastes_are_found_from_any_side(reads, items):
    inputs, rows, targets = shop()
    fitted = fit(TwoTower(**QUICK, items=items), inputs[reads], rows, targets)
    listed = fitted.rank(inputs[reads], 4, None).ids
    assert (listed // 5 == (rows.code // 5)[:, None]).mean() > 0.9
    losses = [epoch["loss"] for epoch in fitted.history]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("model", "reads"),
    [
        (TwoTower(**QUICK), "ids"),
        (TwoTower(**QUICK), "history"),
        (TitleEncoder(**QUICK), "history"),
    ],
    ids=["ids", "history", "titles"],
)
def test_a_cold_item_is_ranked_by_its_text(model, reads):
    inputs, rows, targets = shop()
    fitted = fit(model, inputs[reads], rows, targets)
    cold = np.array([4, 9, 14])
    assert (targets.natural[cold] == 0).all()
    best = fitted.scores(inputs[reads])[:, cold].argmax(axis=1)
    assert (best == rows.code // 5).mean() > 0.9


def test_item_vectors_are_the_stated_mixture():
    rng = np.random.default_rng(0)
    text, counts = rng.normal(size=(5, 3)).astype(np.float32), np.array([0.0, 1, 10, 50, 1000])
    head = AnchoredHead(text, counts, 4, own=True, rate=0.5).eval()
    weight, own = (p.detach().numpy() for p in (head.reading.weight, head.table))
    kappa = np.log1p(np.exp(head.raw.item()))
    assert kappa == pytest.approx(10, abs=1e-4)
    share = (counts / (counts + kappa))[:, None]
    wanted = share * own + (1 - share) * (text @ weight.T)
    np.testing.assert_allclose(head.weight.detach(), wanted, atol=1e-6)
    np.testing.assert_allclose(head.weight.detach()[0], text[0] @ weight.T, atol=1e-6)
    ids, e = torch.tensor([3, 0]), torch.randn(2, 4)
    torch.testing.assert_close(head(e, ids), head(e)[:, ids])


def test_own_vectors_are_left_out_in_training_only():
    text, counts = np.ones((200, 3), np.float32), np.full(200, 1e6)
    head = AnchoredHead(text, counts, 4, own=True, rate=0.5)
    read = head.reading(head.text)
    assert 60 < torch.isclose(head.weight, read).all(dim=1).sum() < 140
    assert not torch.isclose(head.eval().weight, read).all(dim=1).any()


def test_the_title_encoder_equals_a_naive_loop():
    inputs, rows, targets = shop()
    X = inputs["history"]
    fitted = fit(TitleEncoder(**{**QUICK, "epochs": 2}), X, rows, targets)
    stem, head = fitted.net.stem, fitted.net.head
    turned = text_vectors(targets, "tf_idf", "a test") @ head.reading.weight.detach().numpy().T
    recency = stem.recency.detach().numpy()
    for row in (0, 1, 2):
        past = X[row][X[row] > 0] - 1
        vectors = torch.from_numpy(turned[past])
        asked = stem.asking(vectors).detach().numpy()[:, 0] + recency[: len(past)][::-1]
        mean = softmax(asked) @ turned[past]
        wanted = mean + stem.turn(torch.from_numpy(mean).float()).detach().numpy()
        np.testing.assert_allclose(fitted.embeddings(X[[row]])[0], wanted, atol=1e-4)
        np.testing.assert_allclose(fitted.scores(X[[row]])[0], turned @ wanted, atol=1e-3)


def test_padding_does_not_count():
    inputs, rows, targets = shop()
    for model in (TwoTower(**QUICK), TitleEncoder(**QUICK)):
        fitted = fit(model, inputs["history"], rows, targets)
        short = np.array([[0, 0, 7, 3]])
        wide = np.concatenate([np.zeros((1, 3), np.int64), short], axis=1)
        np.testing.assert_allclose(fitted.scores(short), fitted.scores(wide), atol=1e-5)
        assert np.isfinite(fitted.scores(np.zeros((1, 4), np.int64))).all()


def test_an_id_beside_features_speaks_for_itself_and_an_unknown_one_does_not():
    inputs, rows, targets = shop()
    X = np.concatenate([inputs["ids"].astype(np.float32), inputs["features"]], axis=1)
    fitted = fit(TwoTower(**QUICK, ids_first=True), X, rows, targets)
    stranger = X.copy()
    stranger[:, 0] = 0
    listed = fitted.rank(stranger, 4, None).ids
    assert (listed // 5 == (rows.code // 5)[:, None]).mean() > 0.9
    assert not np.allclose(fitted.scores(X[:1]), fitted.scores(stranger[:1]))


@pytest.mark.parametrize("strategy", [InBatch(), Fgm()], ids=["in batch", "fgm"])
def test_hooks_are_honoured_and_seeds_repeat(strategy):
    inputs, rows, targets = shop()
    for model, reads in ((TwoTower(**QUICK), "ids"), (TitleEncoder(**QUICK), "history")):
        plain = fit(model, inputs[reads], rows, targets).scores(inputs[reads])
        first, second = (
            fit(model, inputs[reads], rows, targets, strategy).scores(inputs[reads])
            for _ in range(2)
        )
        assert first.tobytes() == second.tobytes()
        assert not np.allclose(first, plain)


def test_texts_become_vectors_of_length_one():
    _, _, targets = shop()
    vectors = text_vectors(targets, "tf_idf", "a test")
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    own = vectors @ vectors.T
    shared = np.array([[len(set(a.split()) & set(b.split())) for a in targets.text]
                       for b in targets.text])  # fmt: skip
    assert own[shared == 1].min() > own[shared == 0].max()


def test_what_cannot_be_read_is_refused():
    inputs, rows, targets = shop()
    silent = Targets(names=targets.names, kind="item").observed(rows)
    with pytest.raises(NotApplicable, match="no text"):
        fit(TwoTower(items="text"), inputs["ids"], rows, silent)
    with pytest.raises(NotApplicable, match="no text"):
        fit(TitleEncoder(), inputs["history"], rows, silent)
    with pytest.raises(NotApplicable, match="history"):
        fit(TitleEncoder(), inputs["ids"], rows, targets)
    with pytest.raises(InputError, match="both"):
        TwoTower(items="bth")
    with pytest.raises(InputError, match="id_dropout"):
        TitleEncoder(id_dropout=1.0)
    listed = fit(TwoTower(**{**QUICK, "items": "auto"}), inputs["ids"], rows, silent)
    assert listed.head.weight.shape == (15, 16)
