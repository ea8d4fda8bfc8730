"""Prompts by hand, and a decoder that does nothing but repeat the pattern it was shown."""

import numpy as np
import polars as pl
import pytest

from longshelf.errors import InputError, NotApplicable
from longshelf.language.writing import Written
from longshelf.models import CausalWriter
from longshelf.strategies import RandomOver, Strategy
from longshelf.tables import Rows, Targets, Valid

pytest.importorskip("transformers")
KINDS, COLOURS = ["Shirts", "Ties", "Hats"], ["Blue", "Red"]
TEXTS = [("Acme Red\nShirt", 0, 1), ("Zeta Blue Shirt", 0, 0), ("Silk Tie", 1, -1)]


def fitted(folder, columns=2, seed=0, **how):
    code = np.array([kind for _, kind, _ in TEXTS])
    colours = pl.Series("colour", [COLOURS[c] if c >= 0 else None for *_, c in TEXTS], dtype=pl.Enum(COLOURS))  # fmt: skip
    kinds = pl.Series("category", [KINDS[c] for c in code], dtype=pl.Enum(KINDS))
    rows = Rows(
        id=np.arange(3), inputs=pl.DataFrame([kinds, colours]),
        y=np.array([text for text, *_ in TEXTS]), code=code, groups=pl.DataFrame(),
    )  # fmt: skip
    X = np.array([[kind, colour] for _, kind, colour in TEXTS])[:, :columns]
    targets = Targets(names=np.array(KINDS), kind="text")
    model = CausalWriter(name=str(folder), **how)
    rng = np.random.default_rng(seed)
    return model.fit(X, rows, Valid(X=X, rows=rows), targets, Strategy(), rng)


def test_prompts_by_hand(tiny_gpt_folder):
    writer = fitted(tiny_gpt_folder)
    (prompt,) = writer.prompts([{"category": "Ties", "colour": "Red"}], 1, 0)
    assert prompt == "category: Ties\ntext: Silk Tie\n\ncategory: Ties\ncolour: Red\ntext:"
    (prompt,) = writer.prompts([{"category": "Shirts"}], 0, 0)
    shown = ["category: Shirts\ncolour: Red\ntext: Acme Red Shirt\n\n", "category: Shirts\ncolour: Blue\ntext: Zeta Blue Shirt\n\n"]  # fmt: skip
    assert prompt in {"".join(order) + "category: Shirts\ntext:" for order in (shown, shown[::-1])}
    (prompt,) = writer.prompts([{"category": "Hats"}], 2, 0)
    assert prompt.count("text:") == 4
    assert fitted(tiny_gpt_folder, shots=0).prompts([{"category": "Hats"}], 2, 0) == ["category: Hats\ntext:"]  # fmt: skip


def test_given_the_category_alone_no_attribute_is_told(tiny_gpt_folder):
    (prompt,) = fitted(tiny_gpt_folder, columns=1).prompts([{"category": "Shirts"}], 0, 0)
    assert "colour" not in prompt


def test_every_row_gets_the_continuation_of_its_own_prompt(tiny_gpt_folder, monkeypatch):
    def said(lm, prompts, rng, **how):
        asked = [lm.tokenizer.decode(ids).rsplit("\n\n", 1)[1] for ids in prompts]
        return [Written(f" {one.splitlines()[-2]} ", 0.0, 1) for one in asked]

    monkeypatch.setattr("longshelf.language.writing.write", said)
    X = np.array([[1, 0], [0, 1], [1, -1], [0, 0]])
    found = fitted(tiny_gpt_folder).write(X).tolist()
    assert found == ["colour: Blue", "colour: Red", "category: Ties", "colour: Blue"]


def test_a_seed_gives_the_same_texts_and_another_seed_others(tiny_gpt_folder):
    X = np.array([[0, 1], [1, 0], [0, -1], [2, 1]])
    texts = [fitted(tiny_gpt_folder, seed=seed, most=6).write(X).tolist() for seed in (0, 0, 1)]
    assert texts[0] == texts[1] != texts[2]
    assert all("\n" not in text for text in texts[0])


def test_what_cannot_be_is_refused(tiny_gpt_folder, tiny_bert_folder):
    for how in ({"shots": -1}, {"most": 0}, {"nucleus": 0.0}, {"temperature": -1.0}):
        with pytest.raises(InputError, match="got"):
            CausalWriter(**how)
    with pytest.raises(NotApplicable):
        fitted(tiny_bert_folder)
    with pytest.raises(NotApplicable, match="resample"):
        CausalWriter().check(RandomOver(), Targets(names=np.array(KINDS), kind="text"))
    with pytest.raises(InputError, match="task generate"):
        fitted(tiny_gpt_folder).scores(np.zeros((1, 2), int))
