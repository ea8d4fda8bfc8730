"""Replacements by a masked model: planted proposals by hand, a saved model from end to end."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

pytest.importorskip("transformers", reason="needs the extra deep")

from longshelf.errors import InputError
from longshelf.generators import Corpus, MaskedWords
from longshelf.generators.masked_words import _Writer
from longshelf.generators.phrases import Phrase
from longshelf.generators.protected import Protected
from longshelf.generators.telling import Telling
from longshelf.language.masked import Words

TEXTS = [
    "Acme soft red shirt XL", "Acme plain blue shirt", "Bolt soft red lamp 40W", "Bolt plain blue lamp LED",
    "Clay soft RX-200 blue cup for men", "Clay plain red cup", "红色 柔软 衬衫", "蓝色 柔软 裤子",
]  # fmt: skip
CODE = np.array([0, 0, 1, 1, 2, 2, 3, 4])
"""Soft, plain, red and blue stand with several targets; shirt, lamp, cup and men tell theirs."""


def corpus(texts=TEXTS, code=CODE):
    return Corpus(
        texts=texts,
        code=code,
        names=["shirts", "lamps", "cups", "衬衫", "裤子"],
        inputs=pl.DataFrame(),
    )


class Planted:
    """Says the words of a list, likeliest first, and remembers what it was asked."""

    gap = "[MASK]"

    def __init__(self, latin, han=""):
        self.asked = []
        size = len(latin) + len(han)
        self.latin = Words(np.arange(len(latin)), np.array(latin))
        self.han = Words(np.arange(len(latin), size), np.array(list(han)))

    def said(self, texts):
        self.asked += texts
        logs = np.log(np.full((len(texts), len(self.latin.ids) + len(self.han.ids)), 0.1))
        logs -= np.arange(logs.shape[1]) * 1e-6
        return logs, np.array([self.gap in text for text in texts])


def writer(lm, texts=TEXTS, code=CODE, **given):
    phrases = [Phrase.of(text) for text in texts]
    made = MaskedWords(model="planted", **given)
    data = corpus(texts, code)
    return _Writer(made, code, phrases, Protected(data, phrases), Telling(phrases, code), lm)


def test_the_likeliest_word_that_is_another_and_misleads_nobody() -> None:
    """``lamp`` tells the other target, ``for`` binds, ``red`` may be the same word."""
    lm = Planted(["lamp", "for", "red", "green", "wide"])
    one = writer(lm, share=1.0, top=1)
    (draft,) = one.write(np.array([0]), np.random.default_rng(0))
    assert draft.text == "Acme red green shirt XL"
    assert draft.sources == (0,)
    assert lm.asked == ["Acme [MASK] [MASK] shirt XL", "Acme red [MASK] shirt XL"]


def test_numbers_codes_sizes_brands_and_telling_words_stay() -> None:
    lm = Planted(["green", "wide", "thick", "fine"])
    one = writer(lm, share=1.0)
    seeds = np.tile(np.arange(6), 30)
    drafts = one.write(seeds, np.random.default_rng(0))
    for seed, draft in zip(seeds.tolist(), drafts, strict=True):
        kept = {
            *[
                "Acme",
                "Bolt",
                "Clay",
                "XL",
                "40W",
                "LED",
                "RX-200",
                "shirt",
                "lamp",
                "cup",
                "for",
                "men",
            ]
        }
        for word in kept & set(TEXTS[seed].split()):
            assert word in draft.text.split()
        assert len(draft.text.split()) == len(TEXTS[seed].split())
    assert len({draft.text for draft in drafts}) > 20


def test_chinese_is_filled_character_by_character() -> None:
    lm = Planted(["green"], "柔软黑白")
    one = writer(lm, share=1.0, top=1)
    (draft,) = one.write(np.array([6]), np.random.default_rng(0))
    words = Phrase.of(TEXTS[6]).words
    assert words[1] == "柔软"
    assert "红色 [MASK][MASK] 衬衫" in lm.asked
    assert "红色 柔[MASK] 衬衫" in lm.asked
    assert draft.text == "红色 柔柔 衬衫"


def test_a_word_with_a_capital_is_followed_by_one() -> None:
    texts = ["Acme Soft shirt", "Bolt Soft lamp"]
    one = writer(Planted(["fine"]), texts, np.array([0, 1]), share=1.0)
    (draft,) = one.write(np.array([0]), np.random.default_rng(0))
    assert draft.text == "Acme Fine shirt"


@pytest.mark.parametrize(("share", "changed"), [(0.15, 1), (0.5, 3), (1.0, 6)])
def test_the_share_is_of_the_words_that_may_go(share, changed) -> None:
    texts = ["Acme soft red warm light slim long shirt", "Bolt soft red warm light slim long lamp"]
    lm = Planted(["fine", "heavy"])
    one = writer(lm, texts, np.array([0, 1]), share=share)
    for draft in one.write(np.zeros(10, dtype=int), np.random.default_rng(0)):
        pairs = zip(draft.text.split(), texts[0].split(), strict=True)
        assert sum(new != old for new, old in pairs) == changed


def test_nothing_to_replace_or_to_say_is_no_draft() -> None:
    texts = [
        "Acme shirt",
        "Bolt lamp",
        "red [MASK] red shirt",
        "Acme red shirt",
        "Bolt red lamp",
        "red red lamp",
    ]
    code = np.array([0, 1, 0, 0, 1, 1])
    one = writer(Planted(["red"]), texts, code, share=1.0)
    assert one.write(np.array([0, 2, 3]), np.random.default_rng(0)) == [None, None, None]
    other = writer(Planted(["blue"]), texts, code, share=1.0).write(
        np.array([0, 2, 3]), np.random.default_rng(0)
    )
    assert [draft and draft.text for draft in other] == [None, None, "Acme blue shirt"]


def test_a_saved_model_from_end_to_end(tiny_bert_folder) -> None:
    generator = MaskedWords(model=str(tiny_bert_folder), share=0.5, top=5)
    texts = [
        "Sony red cotton running headphones WH-1000XM4", "Puma women blue cotton shirt 42",
        "Sony white wireless headphones 40mm", "Nike men red shirt", "女士棉质连衣裙 夏季新款",
    ]  # fmt: skip
    code = np.array([1, 0, 1, 0, 0])
    seeds = np.tile(np.arange(5), 12)
    runs = [
        generator.fit(corpus(texts, code), np.random.default_rng(0)).write(
            seeds, np.random.default_rng(1)
        )
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    drafts = [(texts[s], d.text) for s, d in zip(seeds.tolist(), runs[0], strict=True) if d]
    assert len(drafts) > 30
    for before, after in drafts:
        assert before != after
        assert re.findall(r"\S*\d\S*", before) == re.findall(r"\S*\d\S*", after)
        assert "[" not in after
        assert "#" not in after
    assert len({after for _, after in drafts}) > 10


def test_arguments_are_checked() -> None:
    with pytest.raises(InputError, match="share"):
        MaskedWords(model="x", share=0.0)
    with pytest.raises(InputError, match="proposal"):
        MaskedWords(model="x", top=0)
