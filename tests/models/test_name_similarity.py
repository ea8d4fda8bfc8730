"""Classes by name and rows: the stated mixture, its two ends, and classes without a row."""

import numpy as np
import polars as pl
import pytest

from longshelf.components import build
from longshelf.errors import InputError, NotApplicable
from longshelf.features import TfIdf
from longshelf.models import NameSimilarity
from longshelf.models.base import Head
from longshelf.strategies import PostHocLogitAdjustment, Strategy, TauNorm
from longshelf.tables import Rows, Schema, Targets, Valid

TEXTS = [
    "red cotton dress", "blue cotton dress", "gold steel watch", "steel watch", "silk tie",
    "long red dress", "black watch", "red silk tie",
]  # fmt: skip
Y = np.array([0, 0, 1, 1, 2, 0, 1, 2])
TF_IDF = "tf_idf(min_rows=1)"
NAMES = np.array(["dress", "watch", "tie", "mug"])


def rows_of(y, texts):
    return Rows(
        id=np.arange(len(y)), inputs=pl.DataFrame({"text": texts}), y=y, code=y,
        groups=pl.DataFrame({"group": ["a"] * len(y)}),
    )  # fmt: skip


def words(texts):
    X = np.empty((len(texts), 1), object)
    X[:, 0] = texts
    return X


def fit(model, X, strategy=None, text=None, y=Y, texts=TEXTS):
    rows = rows_of(y, texts)
    targets = Targets(names=NAMES, text=text).observed(rows)
    rng = np.random.default_rng(0)
    return model.fit(X, rows, Valid(X=X, rows=rows), targets, strategy or Strategy(), rng)


def vectors_of(texts):
    """TF-IDF unit vectors, the vocabulary that of the texts and the names."""
    both = [*TEXTS, *NAMES]
    rows = rows_of(np.zeros(len(both), int), both)
    fitted = TfIdf(min_rows=1).fit(rows, Schema(text=("text",)))
    asked = fitted.transform(rows_of(np.zeros(len(texts), int), texts)).toarray()
    lengths = np.linalg.norm(asked, axis=1, keepdims=True)
    return np.divide(asked, lengths, out=np.zeros_like(asked), where=lengths > 0)


class Heavy(Strategy):
    """The first row of each class counts nine times."""

    def weigh(self, rows, targets):
        weights = np.where(np.isin(rows.id, [0, 2, 4]), 9.0, 1.0)
        return weights / weights.mean()


@pytest.mark.parametrize("strength", [0.0, 0.5, 5.0, 1e9])
@pytest.mark.parametrize("strategy", [Strategy(), Heavy()])
def test_scores_follow_the_stated_mixture(strength, strategy):
    model = NameSimilarity(encoder=TF_IDF, strength=strength, scale=7.0)
    found = fit(model, words(TEXTS), strategy).scores(words(["red dress", "gold tie", "mug"]))
    rows, names, asked = (
        vectors_of(each) for each in (TEXTS, NAMES, ["red dress", "gold tie", "mug"])
    )
    weights = strategy.weigh(rows_of(Y, TEXTS), None)
    for c in range(4):
        mixed = strength * names[c] + (weights[:, None] * rows)[c == Y].sum(axis=0)
        length = np.linalg.norm(mixed)
        wanted = 7 * asked @ mixed / length if length else np.full(3, 7 * -30.0)
        np.testing.assert_allclose(found[:, c], wanted, atol=1e-5)


def test_a_class_without_rows_is_found_by_its_name_and_not_without():
    asked = words(["a mug", "mug"])
    assert (fit(NameSimilarity(encoder=TF_IDF), words(TEXTS)).scores(asked)[1]).argmax() == 3
    without = fit(NameSimilarity(encoder=TF_IDF, strength=0.0), words(TEXTS)).scores(asked)
    assert (without.argmax(axis=1) != 3).all()


def test_pretrained_names_find_what_shares_no_word():
    asked = words(["wristwatch with leather strap", "coffee cup", "evening gown", "necktie"])
    model = NameSimilarity(strength=1e9)
    assert fit(model, words(TEXTS)).scores(asked).argmax(axis=1).tolist() == [1, 3, 0, 2]
    nothing = fit(NameSimilarity(encoder=TF_IDF, strength=1e9), words(TEXTS)).scores(asked)
    assert not np.ptp(nothing)


def test_vectors_of_the_same_encoder_serve_as_words_do():
    rows = rows_of(Y, TEXTS)
    X = build("features", "minilm").fit(rows, Schema(text=("text",))).transform(rows)
    read, given = fit(NameSimilarity(), words(TEXTS)), fit(NameSimilarity(), X)
    np.testing.assert_allclose(given.scores(X), read.scores(words(TEXTS)), atol=1e-4)
    assert read.head is None
    assert isinstance(given.head, Head)
    np.testing.assert_allclose(
        X @ given.head.weight.T + given.head.bias, given.scores(X), atol=1e-4
    )
    targets = Targets(names=NAMES).observed(rows)
    assert np.ptp(TauNorm(tau=0.0).correct(given, None, targets).apply(given.scores(X)))
    shift = PostHocLogitAdjustment().correct(given, Valid(X=X, rows=rows), targets).shift
    assert shift.argmax() == 2


def test_descriptions_and_templates_are_what_is_encoded():
    told = np.array(["evening gown", "clock", "cravat", ""])
    asked = words(["evening gown", "mug"])
    plain = fit(NameSimilarity(strength=1e9), words(TEXTS)).scores(asked)
    described = fit(NameSimilarity(strength=1e9), words(TEXTS), text=told).scores(asked)
    assert described[0, 0] == pytest.approx(20, abs=1e-3)
    assert described[0, 0] > plain[0, 0]
    assert described[1, 3] == pytest.approx(20, abs=1e-3)
    shaped = fit(NameSimilarity(strength=1e9, template="not a {label}"), words(TEXTS)).scores(asked)
    assert not np.allclose(shaped, plain)


@pytest.mark.parametrize(
    "wrong", ["strength=-1.0", "scale=0.0", "template='x'", "encoder='absent'"]
)
def test_impossible_arguments_are_refused(wrong):
    with pytest.raises(InputError):
        build("model", f"name_similarity({wrong})")


def test_other_features_are_not_applicable():
    with pytest.raises(NotApplicable, match="the features have 3 columns"):
        fit(NameSimilarity(), np.zeros((8, 3), np.float32))
    with pytest.raises(NotApplicable, match="one text per row"):
        fit(NameSimilarity(), np.full((8, 2), "a", dtype=object))
