"""Every classifier and every kind of features survives the ice to the last bit."""

import numpy as np
import pytest
import scipy.sparse as sp
from shop import fit, parts_of, shop, through_ice

from longshelf.components import known
from longshelf.errors import InputError

READS = {
    "BiLstm": "words", "NameMatch": "name_hits", "NameSimilarity": "words",
    "Transformer": "words", "TwoInputClick": "minilm + tabular", "LightGbm": "tabular",
    "Majority": "nothing", "Prior": "nothing", "StratifiedRandom": "nothing",
    "DcnV2": "tabular", "DeepFm": "tf_idf",
}  # fmt: skip
SMALL = {
    "BiLstm": "bi_lstm(width=8, hidden=8, epochs=1)", "DcnV2": "dcn_v2(epochs=2, hidden=8)",
    "DeepFm": "deep_fm(epochs=2, hidden=8)", "Fm": "fm(epochs=2)",
    "LightGbm": "light_gbm(trees=8)", "Linear": "linear(epochs=2)",
    "Mlp": "mlp(epochs=2, hidden=16)",
    "Transformer": "transformer(name='{bert}', epochs=1, tune='full')",
    "TwoInputClick": "two_input_click(epochs=2, hidden=8)",
}  # fmt: skip
ASKING = {"ChatClassifier", "Prompted"}
"""Models that ask a language model at every row: refused, which a test below says."""

SLOW = {"Transformer"}
CLASSIFIERS = [
    pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
    for name, model in sorted(known("model").items())
    if "class" in model.kinds and name not in ASKING
]
FEATURES = (
    "tf_idf", "tf_idf(words=None, characters=(2, 4))", "tf_idf(language='zh')", "tabular",
    "tabular(categorical='ordinal', scale='none')", "minilm", "tf_idf + tabular",
    "tabular(categorical='target', crosses=(('brand', 'season'),), select=6)",
    "tabular(scale='quantile', reduce='pca', components=3)", "tabular(reduce='lda')", "nothing",
)  # fmt: skip
PAIRS = ("pair", "pair(encoder=tf_idf)", "pair(encoder=minilm, strings=False)")
OTHERS = (
    ("words", "name_similarity(encoder='tf_idf(min_rows=1)')", "none"),
    ("tf_idf", "linear(epochs=2)", "Ldam"),
    ("tf_idf", "mlp(epochs=2, hidden=8)", "BalancedContrastive"),
    ("tf_idf", "logistic", "EasyEnsemble(members=2)"),
    ("tf_idf", "mlp(epochs=2, hidden=8)", "Crt"),
    ("minilm", "svm", "Smote"),
)  # fmt: skip


TUNED = ("tune='head'", "tune='last', layers=1", "tune='lora'", "tune='prefix'", "apart=True")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("ice")


def same(one, other):
    if sp.issparse(one):
        return (one != other).nnz == 0 and one.dtype == other.dtype
    return one.dtype == other.dtype and np.array_equal(one, other)


def scores_alike(parts, features, model, strategy, home, place):
    """Scores of the test rows before and after the ice."""
    made = fit(parts, features, model, strategy, home)
    read = through_ice({"features": made.features, "fitted": made.fitted}, place)
    X, X_read = made.features.transform(parts.test), read["features"].transform(parts.test)
    assert same(X, X_read)
    assert type(read["fitted"]) is type(made.fitted)
    return made.fitted.scores(X), read["fitted"].scores(X_read)


@pytest.mark.filterwarnings("ignore::longshelf.errors.LongShelfWarning")
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_scores_alike_after_the_ice(name, home, tmp_path, request):
    model = SMALL.get(name, name)
    if "{bert}" in model:
        model = model.format(bert=request.getfixturevalue("tiny_bert_folder"))
    features = READS.get(name, "tf_idf")
    one, other = scores_alike(parts_of(shop()), features, model, "none", home, tmp_path / "a")
    assert one.tobytes() == other.tobytes()
    if name not in {"Majority", "Prior"}:
        assert len(np.unique(one, axis=0)) > 1


@pytest.mark.parametrize("features", FEATURES)
def test_every_kind_of_features_is_alike_after_the_ice(features, home, tmp_path):
    one, other = scores_alike(parts_of(shop()), features, "logistic", "none", home, tmp_path / "a")
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("features", PAIRS)
def test_pairs_of_texts_are_alike_after_the_ice(features, home, tmp_path):
    parts = parts_of(shop(text=("title", "other")))
    one, other = scores_alike(parts, features, "logistic", "none", home, tmp_path / "a")
    assert one.tobytes() == other.tobytes()


@pytest.mark.filterwarnings("ignore::longshelf.errors.LongShelfWarning")
@pytest.mark.parametrize(("features", "model", "strategy"), OTHERS)
def test_what_remedies_build_is_alike(features, model, strategy, home, tmp_path):
    one, other = scores_alike(parts_of(shop()), features, model, strategy, home, tmp_path / "a")
    assert one.tobytes() == other.tobytes()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::longshelf.errors.LongShelfWarning")
@pytest.mark.parametrize("how", TUNED)
def test_every_way_of_tuning_is_alike(how, home, tmp_path, tiny_bert_folder):
    parts = parts_of(shop(text=("title", "other")))
    features = "words(apart=True)" if "apart" in how else "words"
    model = f"transformer(name='{tiny_bert_folder}', epochs=1, {how})"
    one, other = scores_alike(parts, features, model, "none", home, tmp_path / "a")
    assert one.tobytes() == other.tobytes()


def test_several_labels_are_alike(home, tmp_path):
    parts = parts_of(shop(), "classify(label=('kind', 'season'))")
    one, other = scores_alike(parts, "tf_idf", "linear(epochs=2)", "none", home, tmp_path / "a")
    assert one.tobytes() == other.tobytes()
    assert one.shape[1] == 7


def test_what_cannot_be_frozen_is_said_with_its_place(tmp_path):
    from longshelf.models.base import Head
    from longshelf.models.classify.logistic import FittedLinear

    head = Head(np.zeros((2, 2), np.float32), lambda: 0)
    with pytest.raises(InputError, match=r"fitted\.head\.bias is a builtins\.function, which cann"):
        through_ice({"fitted": FittedLinear(head)}, tmp_path / "a")
    for held in ({1.5: 2}, np.array([object()]), open, tmp_path, 1j):
        with pytest.raises(InputError, match=r"things\[0\] is"):
            through_ice({"things": [held]}, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_asks_elsewhere_is_refused(tmp_path):
    from longshelf.models.classify.chat_classifier import ChatClassifier

    with pytest.raises(InputError, match="chat_classifier"):
        through_ice({"model": ChatClassifier()}, tmp_path / "a")  # fmt: skip


def test_shared_and_strange_values_come_back_as_they_were(tmp_path):
    shared = np.arange(6, dtype=np.int16).reshape(2, 3)
    held = {
        "two": [shared, shared], "turned": np.asfortranarray(np.eye(3, dtype=np.float32)[:2]),
        "none": None, "nan": [float("nan"), float("-inf")], "bits": np.array(5, np.uint8),
        "sets": ({"b", "a"}, frozenset({1})), "scalar": np.float32(0.1), "empty": np.zeros((0, 4)),
        "texts": np.array([["a", "bc"]]), "objects": np.array(["x", "yz"], dtype=object),
    }  # fmt: skip
    read = through_ice({"held": held}, tmp_path / "a")["held"]
    assert read["two"][0] is read["two"][1]
    assert np.array_equal(read["two"][0], shared)
    assert read["two"][0].dtype == np.int16
    assert read["turned"].flags.f_contiguous
    assert np.array_equal(read["turned"], held["turned"])
    assert np.isnan(read["nan"][0])
    assert read["nan"][1] == -np.inf
    assert read["bits"].shape == ()
    assert read["bits"] == 5
    assert read["sets"] == held["sets"]
    assert read["scalar"] == np.float32(0.1)
    assert read["scalar"].dtype == np.float32
    assert read["empty"].shape == (0, 4)
    assert read["texts"].tolist() == [["a", "bc"]]
    assert read["objects"].dtype == object


def test_the_training_rows_own_values_stay_behind(home, tmp_path):
    parts = parts_of(shop())
    made = fit(parts, "tabular(categorical='target')", "logistic", "none", home)
    read = through_ice({"features": made.features}, tmp_path / "a")["features"]
    assert made.features.categories.ids is not None
    assert read.categories.ids is None
    assert read.categories.held_out is None
