"""What each filter drops, on drafts whose fate is plain."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from longshelf.components import build
from longshelf.errors import InputError, NotApplicable, Unavailable
from longshelf.generators import Corpus
from longshelf.generators.filters import Batch

SHOES = [f"{b} Men {c} Running Shoes" for b in ("Nike", "Puma", "Lee", "Fila", "Bata")
         for c in ("Red", "Blue", "Grey", "White", "Black")]  # fmt: skip
HATS = [f"{b} Women {c} Straw Hat" for b in ("Nike", "Puma", "Lee") for c in ("Red", "Blue")]
TEXTS = [*SHOES, *HATS]
CODE = np.repeat([0, 1], [len(SHOES), len(HATS)])


def corpus_of(texts=TEXTS, code=CODE):
    return Corpus(texts=texts, code=code, names=["shoes", "hats"], inputs=pl.DataFrame())


def judged(name, texts, code, corpus=None, kept=(), kept_code=()):
    judge = build("filter", name).fit(corpus or corpus_of(), np.random.default_rng(0))
    batch = Batch(texts, np.array(code), list(kept), np.array(kept_code, dtype=np.int64))
    return judge.judge(batch)


def test_length_is_held_against_the_target_if_it_is_large_enough() -> None:
    texts = ["a", *["a b c d"] * 25, *["a b c d e f g h"] * 5]
    corpus = corpus_of(texts, np.array([0] * 26 + [1] * 5))
    asked = ["a b c d", "a b c d e f", "a b c d e f"]
    found = judged("length(low=0.1)", asked, [0, 0, 1], corpus)
    assert found.passes.tolist() == [True, False, True]
    assert found.scores.tolist() == [4, 6, 6]


def test_class_consistent_asks_a_classifier() -> None:
    found = judged("class_consistent", ["Gap Men Green Running Shoes", "Gap Women Hat"] * 2,
                   [0, 0, 1, 1])  # fmt: skip
    assert found.passes.tolist() == [True, False, False, True]
    np.testing.assert_allclose(found.scores[:2] + found.scores[2:], 1)
    one = corpus_of(SHOES, np.zeros(len(SHOES), int))
    with pytest.raises(NotApplicable, match="of one"):
        judged("class_consistent", ["x"], [0], one)


def test_a_target_without_training_texts_is_never_consistent() -> None:
    corpus = Corpus(texts=TEXTS, code=CODE * 2, names=["shoes", "ties", "hats"], inputs=None)
    found = judged("class_consistent", ["Nike Straw Hat"] * 3, [0, 1, 2], corpus)
    assert found.scores[1] == 0
    assert found.passes.tolist() == [False, False, True]


def test_near_duplicates_of_training_kept_and_other_drafts_go() -> None:
    asked = ["NIKE men red running-shoes", "Nike Women Green Cap", "Nike Women Green Cap", "Bag"]
    found = judged("near_duplicate", asked, [0, 1, 1, 1], kept=["bag!"], kept_code=[1])
    assert found.passes.tolist() == [False, True, False, False]
    assert found.scores.tolist() == [1, 0, 1, 1]
    loose = judged("near_duplicate(threshold=0.6)", ["Nike Men Red Running Shoe"], [0])
    assert loose.passes.tolist() == [False]


def test_language_is_a_matter_of_script() -> None:
    asked = [
        "Nike Shoes",
        "耐克鞋",
        "Nike 鞋",
        "Кроссовки",
        "123",
        "Nike Sho\ufffdes",
        "CafÃ© Shoes",
    ]
    found = judged("language", asked, [0] * 7)
    assert found.passes.tolist() == [True, False, False, False, False, False, False]
    mixed = corpus_of(["耐克 Air 鞋", "Nike 红色 Max"], np.zeros(2, int))
    assert judged("language", asked[:4], [0] * 4, mixed).passes.tolist() == [True] * 3 + [False]


def test_the_farthest_drafts_are_kept_first() -> None:
    asked = ["Nike Men Red Running Shoe", "Gold Ring", "Gold Rings", "Silver Spoon"]
    found = judged("diverse(share=0.5)", asked, [0] * 4)
    kept = {asked[at] for at in np.flatnonzero(found.passes)}
    assert len(kept) == 2
    assert "Silver Spoon" in kept
    assert kept & {"Gold Ring", "Gold Rings"}
    again = judged("diverse(share=0.5)", asked, [0] * 4, kept=["Silver Spoon"], kept_code=[0])
    assert not again.passes[3]
    other = judged("diverse(share=0.5)", asked, [0, 0, 1, 1])
    assert other.passes[:2].sum() == other.passes[2:].sum() == 1


def test_farthest_first_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(0)
    asked = [" ".join(rng.choice(["abc", "bcd", "cde", "xyz", "yzx"], 3)) for _ in range(30)]
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(3, 3), use_idf=False)
    vectors.fit([*TEXTS, *asked])
    known, mine = (vectors.transform(t).toarray() for t in (SHOES, asked))
    wanted = []
    for _ in range(9):
        seen = np.vstack([known, mine[wanted]])
        nearest = 1 - (mine @ seen.T).max(axis=1)
        nearest[wanted] = -1
        wanted.append(int(nearest.argmax()))
    found = judged("diverse(share=0.3)", asked, [0] * 30)
    assert np.flatnonzero(found.passes).tolist() == sorted(wanted)


def test_banned_terms_are_the_users(tmp_path) -> None:
    listed = tmp_path / "terms.txt"
    listed.write_text("# ours\nBest Ever\n第一\n\n", encoding="utf-8")
    asked = ["the best  EVER shoe", "best everything", "全国第一的鞋", "cheap"]
    found = judged(f"banned(path={str(listed)!r}, terms=('cheap',))", asked, [0] * 4)
    assert found.passes.tolist() == [False, True, False, False]
    with pytest.raises(Unavailable, match=r"no\.txt"):
        judged("banned(path='no.txt')", asked, [0] * 4)
    with pytest.raises(InputError, match="no terms"):
        judged("banned", asked, [0] * 4)


def test_the_discriminator_tells_what_real_texts_never_say() -> None:
    rng = np.random.default_rng(0)
    fake = [f"lorem ipsum {w}" for w in ("dolor", "amet", "sit") for _ in range(10)]
    real = [TEXTS[at] for at in rng.choice(len(TEXTS), 30)]
    found = judged("discriminator(threshold=0.6)", [*fake, *real], [0] * 60)
    assert found.passes[:30].mean() < 0.1
    assert found.passes[30:].mean() > 0.9
    few = judged("discriminator", fake[:5], [0] * 5)
    assert few.passes.all()
    assert np.isnan(few.scores).all()
    more = judged("discriminator(threshold=0.6)", fake[:5], [0] * 5, kept=fake, kept_code=[0] * 30)
    assert not more.passes.any()


@pytest.mark.parametrize(
    "name",
    ["length(low=0.9, high=0.1)", "length(least=0)", "class_consistent(threshold=1.0)",
     "near_duplicate(threshold=0)", "language(share=0)", "diverse(share=0)",
     "discriminator(threshold=0)"],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(name) -> None:
    with pytest.raises(InputError, match="got"):
        build("filter", name)
