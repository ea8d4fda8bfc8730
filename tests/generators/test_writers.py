"""What each generator changes and what it must not touch, on texts small enough to check by eye."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
import pytest

from longshelf.errors import InputError
from longshelf.generators import (
    Corpus,
    CrossClass,
    Duplicate,
    Eda,
    Ngram,
    ProductNoise,
    Template,
    WordChain,
)
from longshelf.generators.misprints import BESIDE, misread, mistyped
from longshelf.generators.neighbours import Neighbours
from longshelf.generators.phrases import Phrase
from longshelf.generators.telling import Telling
from longshelf.generators.word_chains import glue, words

SHOES = ["Nike Men Red Running Shoes", "Adidas Men Blue Sports Shoes", "Puma Women Red Shoes"]
HATS = ["Nike Men Red Hat", "Puma Women Blue Hat"]


def corpus_of(texts, code=None, **columns):
    code = np.zeros(len(texts), int) if code is None else np.array(code)
    inputs = pl.DataFrame(columns or {"x": [""] * len(texts)})
    return Corpus(texts=texts, code=code, names=["shoes", "hats", "ties"], inputs=inputs)


def written(generator, corpus, seeds, seed=0):
    rng = np.random.default_rng(seed)
    return generator.fit(corpus, rng).write(np.asarray(seeds), rng)


def texts_of(drafts):
    return [draft.text for draft in drafts if draft is not None]


def test_a_copy_is_a_copy() -> None:
    corpus = corpus_of(SHOES)
    assert written(Duplicate(), corpus, [2, 0]) == [(SHOES[2], (2,)), (SHOES[0], (0,))]


# --- n-grams


def test_followers_are_drawn_by_witten_bell() -> None:
    # after "a": b twice, c once -> back off with 2/(2+3); then the empty history decides
    chain = WordChain(["a b", "a b", "a c"], order=1)
    rng = np.random.default_rng(0)
    drawn = [chain.next_word(["a"], rng) for _ in range(20000)]
    # of the nine drawn after nothing: a 3, b 2, c 1, end 3
    wanted = {
        "a": 0.4 * 3 / 9,
        "b": 0.6 * 2 / 3 + 0.4 * 2 / 9,
        "c": 0.6 * 1 / 3 + 0.4 * 1 / 9,
        "": 0.4 * 3 / 9,
    }
    for word, share in wanted.items():
        assert np.mean([d == word for d in drawn]) == pytest.approx(share, abs=0.012)


def test_chinese_is_cut_by_character_and_glued_back() -> None:
    assert words("耐克 跑鞋 Air Max") == ["耐", "克", "跑", "鞋", "Air", "Max"]
    assert glue(words("耐克跑鞋 Air Max")) == "耐克跑鞋Air Max"


def test_an_n_gram_text_keeps_to_its_target() -> None:
    corpus = corpus_of(SHOES + HATS, [0, 0, 0, 1, 1])
    own = {word for text in HATS for word in text.split()}
    said = [text for text in texts_of(written(Ngram(borrow=0.0), corpus, [3, 4] * 50)) if text]
    assert len(said) > 50
    for text in said:
        assert set(text.split()) <= own
        assert len(text.split()) == 4


# --- EDA


def eda_kind(old: str, new: str) -> str:
    """Which operation made a text."""
    a, b = Counter(old.split()), Counter(new.split())
    if a == b:
        return "swapped"
    gone, come = (a - b).total(), (b - a).total()
    return {(True, True): "replaced", (False, True): "inserted", (True, False): "shortened"}[
        bool(gone), bool(come)
    ]


def test_eda_does_each_of_four_things_about_as_often_and_to_n_words() -> None:
    texts = [f"{brand} {sex} {colour} Cotton Casual Printed Slim Fit Shirt Size 42"
             for brand in ("Nike", "Puma", "Lee") for sex in ("Men", "Women", "Boys")
             for colour in ("Red", "Blue", "Green")]  # fmt: skip
    corpus = corpus_of(texts)
    kinds = Counter()
    for draft in written(Eda(alpha=0.1), corpus, np.arange(2000) % len(texts)):
        old, new = texts[draft.sources[0]], draft.text
        kind = eda_kind(old, new)
        kinds[kind] += 1
        if kind in ("replaced", "inserted"):
            come = Counter(new.split()) - Counter(old.split())
            assert come.total() == 1
            assert not any(letter.isdigit() for letter in "".join(come))
            assert set(come) <= {word for text in texts for word in text.split()}
        if kind == "swapped":
            assert sum(a != b for a, b in zip(old.split(), new.split(), strict=True)) == 2
    assert all(400 < count < 600 for count in kinds.values()), kinds
    many = written(Eda(alpha=0.5), corpus, np.zeros(300, int))
    changed = [(Counter(t.split()) - Counter(texts[0].split())).total() for t in texts_of(many)]
    assert max(changed) == int(0.5 * 11)


def test_a_word_that_tells_another_target_enters_no_text() -> None:
    texts = [f"{b} {s} {c} {kind}" for kind in ("Shoes", "Hat") for b in ("Nike", "Puma", "Lee")
             for s in ("Men", "Women") for c in ("Red", "Blue")]  # fmt: skip
    code = [0] * 12 + [1] * 12
    said = texts_of(written(Eda(alpha=0.5, near=8), corpus_of(texts, code), np.arange(300) % 12))
    assert not any("Hat" in text for text in said)
    assert Neighbours(text.split() for text in texts).near("Shoes", 3) == ["Hat"]
    assert any("Puma" in text and "Nike" in text for text in said)


def test_words_between_the_same_words_are_near() -> None:
    texts = [f"{b} {c} shoe" for b in ("Nike", "Puma") for c in ("red", "blue", "green")]
    near = Neighbours((text.split() for text in texts), least=1)
    assert set(near.near("red", 2)) == {"blue", "green"}
    assert near.near("Nike", 5)[0] == "Puma"
    assert near.near("unknown", 5) == []
    vectors = near.vectors
    np.testing.assert_allclose(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel(), 1)


def test_mutual_information_is_that_of_the_pairs() -> None:
    near = Neighbours([["a", "b"], ["a", "c"]], least=1)
    # sides: edge-a 2, a-b 1, a-c 1 on the left; b, c and twice the edge on the right; 8 in all
    left_of_b, right_of_b = np.log(1 * 8 / (2 * 2)), np.log(1 * 8 / (2 * 2))
    row = near.vectors[near.place["b"]].toarray().ravel()
    wanted = np.array([left_of_b, right_of_b]) / np.hypot(left_of_b, right_of_b)
    np.testing.assert_allclose(np.sort(row[row > 0]), np.sort(wanted))


# --- product noise

NOISY = [
    "Nike Men Running Shoes XL Air-90 Breathable Mesh",
    "Acme Olive Oil 1 L Extra Virgin",
    "耐克男子运动跑鞋250克 黑色 透气",
    "Lee Jeans, slim, blue, cotton, washed",
]


@pytest.mark.parametrize("kind", ["keyboard", "ocr", "case", "unit", "order"])
def test_brand_model_and_size_are_never_touched(kind) -> None:
    noise = ProductNoise(kinds=(kind,), share=1.0)
    changed = 0
    for draft in written(noise, corpus_of(NOISY), np.arange(400) % 4):
        if draft is None:
            continue
        changed += 1
        brand, *held = {0: ("Nike", "XL", "Air-90"), 1: ("Acme",), 2: ("耐克",), 3: ("Lee",)}[
            draft.sources[0]
        ]
        assert draft.text.startswith(brand), draft.text
        assert all(word in Phrase.of(draft.text).words for word in held), draft.text
        assert draft.text != NOISY[draft.sources[0]]
    assert changed > 20


def test_a_brand_column_says_what_the_brand_is() -> None:
    corpus = corpus_of(["Running Shoes by Nike"] * 2, brand=["Nike", "Nike"])
    said = set(texts_of(written(ProductNoise(kinds="case"), corpus, [0] * 30)))
    assert said == {"RUNNING SHOES BY Nike", "running shoes by Nike", "Running Shoes By Nike"}


def test_units_say_the_same_quantity() -> None:
    def other(text):
        return set(texts_of(written(ProductNoise(kinds="unit"), corpus_of([text]), [0] * 20)))

    assert other("Acme Olive Oil 1 L") == {"Acme Olive Oil 1000 ml"}
    assert other("Acme Rice 500g") == {"Acme Rice 0.5kg"}
    assert other("油1.5升") == {"油1500毫升"}
    assert other("Drill 10-20 mm") == set()
    assert other("Phone 4G 6.1 inch") == set()


def test_parts_between_commas_change_places_and_sentences_do_not() -> None:
    title = "Lee Jeans, slim, blue, cotton"
    said = set(texts_of(written(ProductNoise(kinds="order"), corpus_of([title]), [0] * 60)))
    assert said == {
        f"Lee Jeans, {a}, {b}, {c}"
        for a, b, c in (("slim", "cotton", "blue"), ("blue", "slim", "cotton"),
                        ("blue", "cotton", "slim"), ("cotton", "slim", "blue"),
                        ("cotton", "blue", "slim"))
    }  # fmt: skip
    review = "I came, saw, and liked it. Great."
    for text in texts_of(written(ProductNoise(kinds="order"), corpus_of([review]), [0] * 40)):
        moved = [a != b for a, b in zip(Phrase.of(text).words, Phrase.of(review).words)]
        assert sum(moved) == 2


def test_slips_are_of_one_letter() -> None:
    assert set(BESIDE["g"]) == set("fhtyvb")
    assert set(BESIDE["p"]) == set("ol")
    assert set(BESIDE["z"]) == set("xas")
    rng = np.random.default_rng(0)
    for _ in range(200):
        slip = mistyped("running", rng)
        if slip is not None:
            assert abs(len(slip) - 7) <= 1
    assert mistyped("red", rng) is None
    assert misread("xyz", rng) == "xy2"
    assert misread("已", rng) == "己"
    assert misread("AAA", rng) is None


# --- templates and borrowing


def test_attributes_are_those_seen_between_the_same_words() -> None:
    texts = ["Nike Men Red Shoes", "Puma Men Blue Shoes", "Lee Men Shoes"]
    said = set(texts_of(written(Template(share=0.6), corpus_of(texts), [0] * 200)))
    combined = {f"{b} Men {c}Shoes" for b in ("Nike", "Puma", "Lee") for c in ("Red ", "Blue ", "")}
    assert said == combined - {texts[0]}
    draft = written(Template(share=0.6), corpus_of(texts), [2], seed=3)[0]
    assert draft.sources[0] == 2
    assert len(draft.sources) > 1


def test_columns_name_attributes() -> None:
    texts = ["Nike shoes in red", "blue Puma shoes", "Lee shoes"]
    colours = ["Red", "Blue", None]
    found = set(texts_of(written(Template(share=0.9), corpus_of(texts, colour=colours), [0] * 80)))
    assert "Nike shoes in blue" in found or any(text.endswith("in blue") for text in found)


def test_one_text_cannot_be_recombined() -> None:
    assert written(Template(), corpus_of(["Nike Men Red Shoes"]), [0, 0]) == [None, None]


def test_a_rare_target_borrows_a_frequent_ones_phrase() -> None:
    head = [f"{b} {s} {c} Running Shoes" for b in ("Nike", "Puma", "Lee", "Fila")
            for s in ("Men", "Women") for c in ("Red", "Blue", "Grey")]  # fmt: skip
    other = [
        f"{b} {s} {c} Shirt"
        for b in ("Nike", "Puma", "Lee", "Fila")
        for s in ("Men", "Women")
        for c in ("Red", "Blue")
    ]
    other += ["Nike Men Grey Shirt"] * 4
    corpus = corpus_of([*head, *other, "Acme Women Silk Necktie"], [0] * 24 + [1] * 20 + [2])
    drafts = written(CrossClass(), corpus, [44] * 30)
    for draft in drafts:
        seed, row = draft.sources
        assert seed == 44
        assert row < 24
        brand, _, colour, *_ = corpus.texts[row].split()
        assert draft.text.split()[0] == brand
        assert colour in draft.text
        assert "Necktie" in draft.text
        assert "Shoes" not in draft.text
        assert "Running" not in draft.text
    assert np.mean(["Women" in draft.text for draft in drafts]) == 1.0


def test_words_tell_a_target_by_majority_and_lift() -> None:
    texts = ["a x", "a x", "a y", "b y", "b z", "b w"]
    telling = Telling([Phrase.of(text) for text in texts], np.array([0, 0, 0, 1, 1, 1]))
    assert [telling.of(word) for word in "axbyzq"] == [0, 0, 1, None, 1, None]
    assert telling.misleads("x", 1)
    assert not telling.misleads("x", 0)
    assert not telling.misleads("y", 0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Eda(alpha=0), "alpha must lie in"),
        (lambda: Eda(near=0), "near must be at least 1"),
        (lambda: Ngram(order=0), "order must be at least 1"),
        (lambda: Ngram(borrow=2), "borrow must be in"),
        (lambda: ProductNoise(kinds=("tpyo",)), "unknown kind of noise 'tpyo'"),
        (lambda: ProductNoise(share=0), "share in"),
        (lambda: Template(share=0), "share must lie in"),
        (lambda: CrossClass(choices=0), "choices of at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused(make, said) -> None:
    with pytest.raises(InputError, match=said):
        make()


def test_a_text_begins_as_texts_begin() -> None:
    # after the start "a" four times -> back off with 1/(4+1) to any of the words there are
    chain = WordChain(["a b c"] * 2 + ["a b"] * 2, order=2)
    rng = np.random.default_rng(0)
    firsts = [text.split()[0] for _ in range(4000) if (text := chain.write(rng))]
    assert len(firsts) > 2000
    assert np.mean([word == "a" for word in firsts]) > 0.8
    assert chain.followers["\n",] == ["a"] * 4
    assert "\n" not in {word for after in chain.followers.values() for word in after}
