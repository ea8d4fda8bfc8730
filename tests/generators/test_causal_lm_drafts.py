"""What a decoder is told, what of its answers is a draft, and tuning from end to end."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

pytest.importorskip("transformers", reason="needs the extra deep")

from longshelf.errors import InputError
from longshelf.generators import CausalLm, Corpus
from longshelf.language.writing import Written

TEXTS = ["silk tie", "wool  tie", "knit tie", "clay mug", "tin mug", "glass mug"]
CODE = np.array([0, 0, 0, 1, 1, 1])


def corpus(texts=TEXTS, names=("Ties", "Mugs")):
    colours = pl.Series("colour", ["red", None, "blue", "red", "tea@shop.example", ""])
    inputs = pl.DataFrame([colours, pl.Series("price", range(6))])
    return Corpus(texts=texts, code=CODE, names=names, inputs=inputs)


def writer(folder, data=None, **given):
    generator = CausalLm(model=str(folder), **given)
    return generator.fit(data or corpus(), np.random.default_rng(0))


@pytest.fixture
def said(monkeypatch):
    """What the decoder would be asked; it answers from a list, again and again."""
    seen = SimpleNamespace(prompts=[], answers=[Written("a", -1.0, 2)], options={})

    def write(lm, prompts, rng, **options):
        seen.prompts += [lm.tokenizer.decode(ids) for ids in prompts]
        seen.options = options
        return [seen.answers[i % len(seen.answers)] for i in range(len(prompts))]

    monkeypatch.setattr("longshelf.language.writing.write", write)
    return seen


def test_prompts_by_hand(tiny_gpt_folder, said):
    one = writer(tiny_gpt_folder, shots=5, longest=9, temperature=0.7)
    (draft,) = one.write(np.array([0]), np.random.default_rng(0))
    parts = said.prompts[0].split("\n\n")
    assert set(parts[:-1]) == {
        "Category: Ties\nText: wool tie", "Category: Ties\ncolour: blue\nText: knit tie",
    }  # fmt: skip
    assert parts[-1] == "Category: Ties\ncolour: red\nText:"
    assert draft.sources[0] == 0
    assert set(draft.sources) == {0, 1, 2}
    assert said.options == {"most": 9, "temperature": 0.7, "nucleus": 0.9, "stop": "\n"}
    one.write(np.array([4]), np.random.default_rng(0))
    assert said.prompts[1].split("\n\n")[-1] == "Category: Mugs\nText:"


def test_examples_are_as_many_as_asked_for_and_fit(tiny_gpt_folder, said):
    for shots, shown in ((0, 0), (1, 1), (2, 2)):
        writer(tiny_gpt_folder, shots=shots).write(np.array([0]), np.random.default_rng(0))
        assert said.prompts[-1].count("Text:") == shown + 1
    long = corpus(["silk tie " * 200, *TEXTS[1:]])
    drafts = writer(tiny_gpt_folder, long, shots=2).write(
        np.array([1] * 4), np.random.default_rng(0)
    )
    assert all("silk" not in prompt and "knit" in prompt for prompt in said.prompts[-4:])
    assert {draft.sources for draft in drafts} == {(1, 2)}


def test_chinese_texts_are_asked_for_in_chinese(tiny_gpt_folder, said):
    data = corpus(["红色领带", "羊毛领带", "领带", "陶杯", "锡杯", "玻璃杯"], ("领带", "杯子"))
    writer(tiny_gpt_folder, data, shots=1).write(np.array([0]), np.random.default_rng(0))
    assert said.prompts[0].startswith("类别：领带\n")
    assert said.prompts[0].endswith("类别：领带\ncolour：red\n文本：")


@pytest.mark.parametrize(
    ("text", "tokens", "kept"),
    [
        (" satin  tie ", 4, "satin tie"), ("plain thing", 3, "plain thing"), ("", 1, None), ("a tie", 8, None),
        ("big mug", 3, None), ("tie beside mug", 3, "tie beside mug"), ("t\ufffde", 3, None),
    ],
)  # fmt: skip
def test_what_is_a_draft(tiny_gpt_folder, said, text, tokens, kept):
    said.answers = [Written(text, -1.0, tokens)]
    (draft,) = writer(tiny_gpt_folder, longest=8).write(np.array([0]), np.random.default_rng(0))
    assert (draft and draft.text) == kept


@pytest.mark.parametrize("tune", ["none", "lora"])
def test_a_saved_model_from_end_to_end(tiny_gpt_folder, tune):
    if tune == "lora":
        pytest.importorskip("peft", reason="needs the extra llm")
    given = {"tune": tune, "longest": 24, "tokens": 400, "rate": 0.02, "temperature": 0.5}
    one, again = (writer(tiny_gpt_folder, **given) for _ in range(2))
    seeds = np.arange(60) % 6
    drafts = one.write(seeds, np.random.default_rng(1))
    assert drafts == again.write(seeds, np.random.default_rng(1))
    assert len(drafts) == 60
    assert all(d is None or (d.text and "\n" not in d.text) for d in drafts)
    other = writer(tiny_gpt_folder, longest=24, temperature=0.5)
    state, plain = one.lm.net.state_dict(), other.lm.net.state_dict()
    same = all(np.array_equal(state[k].cpu(), plain[k].cpu()) for k in plain)
    assert same == (tune == "none")


@pytest.mark.parametrize(
    "wrong",
    [{"tune": "full"}, {"attributes": "colour"}, {"nucleus": 0}, {"shots": -1}, {"rank": 0}],
)
def test_arguments_are_checked(wrong):
    with pytest.raises(InputError):
        CausalLm(model="x", **wrong)


def test_an_unknown_attribute_is_told(tiny_gpt_folder):
    with pytest.raises(InputError, match="did you mean 'colour'"):
        writer(tiny_gpt_folder, attributes=("color",))
