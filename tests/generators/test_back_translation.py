"""There and back against transformers' own generation, one text at a time; what is no draft."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

torch = pytest.importorskip("torch", reason="needs the extra deep")
pytest.importorskip("transformers", reason="needs the extra deep")

from longshelf.errors import InputError, NotApplicable, Unavailable  # noqa: E402
from longshelf.generators import BackTranslation, Corpus  # noqa: E402
from longshelf.generators.back_translation import _Writer  # noqa: E402
from longshelf.language.translation import Translator  # noqa: E402
from tiny_models import TEXTS, marian  # noqa: E402


@pytest.fixture(scope="module")
def other_folder(tmp_path_factory):
    return marian(tmp_path_factory.mktemp("back"), seed=1)


def corpus(texts):
    return Corpus(texts=texts, code=np.zeros(len(texts), int), names=["any"], inputs=pl.DataFrame())


def alone(folder, text, beams, kept, most):
    """One text through transformers' generate, not padded."""
    from transformers import AutoTokenizer, MarianMTModel

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = MarianMTModel.from_pretrained(folder).eval()
    fed = tokenizer([text], truncation=True, max_length=most, return_tensors="pt")
    written = model.generate(
        **fed, num_beams=beams, num_return_sequences=kept, do_sample=False, max_new_tokens=most
    )
    return [
        " ".join(one.split()) for one in tokenizer.batch_decode(written, skip_special_tokens=True)
    ]


@pytest.mark.parametrize("beams", [1, 3])
def test_batches_translate_as_each_text_alone(tiny_seq2seq_folder, beams, monkeypatch) -> None:
    monkeypatch.setattr("longshelf.language.translation.TOKENS", 200)
    translator = Translator.load(str(tiny_seq2seq_folder))
    found = translator.translate([*TEXTS, TEXTS[0]], beams=beams, kept=beams, most=10)
    for text, ours in zip(TEXTS, found, strict=False):
        assert ours == alone(tiny_seq2seq_folder, text, beams, beams, 10)
    assert found[-1] == found[0]
    assert len({tuple(one) for one in found}) > 5
    assert translator.translate([], beams=1) == []


def test_a_prefix_stands_before_every_text(tiny_seq2seq_folder) -> None:
    plain = Translator.load(str(tiny_seq2seq_folder))
    prefixed = Translator.load(str(tiny_seq2seq_folder), "red ")
    ours = prefixed.translate(["shoes"], beams=1, most=10)
    assert ours == plain.translate(["red shoes"], beams=1, most=10)
    assert ours != plain.translate(["shoes"], beams=1, most=10)


def test_drafts_are_the_two_ways_after_another(
    tiny_seq2seq_folder, other_folder, monkeypatch
) -> None:
    monkeypatch.setattr("longshelf.generators.back_translation.BROKEN", "\0")
    generator = BackTranslation(
        there=str(tiny_seq2seq_folder), back=str(other_folder), beams=3, longest=10
    )
    seeds = np.tile(np.arange(len(TEXTS)), 6)
    runs = [
        generator.fit(corpus(TEXTS), np.random.default_rng(0)).write(
            seeds, np.random.default_rng(1)
        )
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    made = 0
    for place, text in enumerate(TEXTS):
        pivot = alone(tiny_seq2seq_folder, text, 3, 1, 10)[0]
        allowed = alone(other_folder, pivot, 3, 3, 10)
        drafts = [d for d, s in zip(runs[0], seeds.tolist(), strict=True) if s == place and d]
        assert all(draft.text in allowed and draft.sources == (place,) for draft in drafts)
        made += len(drafts)
    assert made > 30


class Planted:
    """Says what a table says, and remembers what it was asked."""

    def __init__(self, table):
        self.table, self.asked = table, []

    def translate(self, texts, *, beams, kept=1, most=128):
        self.asked.append(list(texts))
        return [self.table[text][:kept] for text in texts]


def test_what_comes_back_as_it_went_is_no_draft() -> None:
    texts = ["Red Shoes", "blue hat", " ", "cup", "lamp"]
    there = Planted({text: [f"<{text}>"] for text in texts})
    back = Planted({
        "<Red Shoes>": ["red  shoes", "RED SHOES", "shoes in red", "shoes in red"],
        "<blue hat>": ["blue hat"] * 4,
        "<cup>": ["", "c\ufffdp", "mug", "beaker"],
        "<lamp>": ["light"] * 4,
    })  # fmt: skip
    one = _Writer(BackTranslation(there="a", back="b"), corpus(texts), there, back)
    seeds = np.array([0, 1, 2, 3, 4] * 20)
    said = [draft and draft.text for draft in one.write(seeds, np.random.default_rng(0))]
    assert set(said[0::5]) == {"shoes in red"}
    assert set(said[1::5]) == set(said[2::5]) == {None}
    assert set(said[3::5]) == {"mug", "beaker"}
    assert set(said[4::5]) == {"light"}
    one.write(seeds, np.random.default_rng(1))
    assert there.asked == [["Red Shoes", "blue hat", "cup", "lamp"], []]


def test_what_cannot_translate_is_refused(
    tiny_bert_folder, tiny_seq2seq_folder, monkeypatch
) -> None:
    with pytest.raises(Unavailable, match="cannot predict a text from a text"):
        Translator.load(str(tiny_bert_folder))
    translator = Translator.load(str(tiny_seq2seq_folder))
    translator.tokenizer.src_lang = "en"
    monkeypatch.setattr(
        "longshelf.language.translation.load_model",
        lambda *_: (translator.tokenizer, translator.net),
    )
    with pytest.raises(NotApplicable, match="must be told which"):
        Translator.load("many")
    with pytest.raises(InputError, match="beams"):
        BackTranslation(there="a", back="b", beams=0)
    with pytest.raises(InputError, match="prefixes"):
        BackTranslation(there="a", back="b", prefixes="translate: ")
