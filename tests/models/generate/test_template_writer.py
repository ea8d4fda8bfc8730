"""Patterns mined and filled, against cases worked by hand."""

from collections import Counter

import numpy as np
import polars as pl
import pytest

from longshelf.errors import InputError, NotApplicable
from longshelf.models import TemplateWriter
from longshelf.models.generate.patterns import Pattern, pattern_of
from longshelf.prepare.mentions import Mentions
from longshelf.strategies import ClassBalancedSampling, Strategy
from longshelf.tables import Rows, Targets, Valid

KINDS = ["Shirts", "Ties", "Socks", "Hats"]
COLOURS = ["Blue", "Navy Blue", "Red"]
TEXTS = [
    ("Acme Red Shirt", "Shirts", "Red"),
    ("Acme Blue Shirt", "Shirts", "Blue"),
    ("Acme Navy Blue Shirt", "Shirts", "Navy Blue"),
    ("Zeta Shirt in Red", "Shirts", "Red"),
    ("Zeta Shirts in Blue", "Shirts", "Blue"),
    ("Only One Red Shirt", "Shirts", "Red"),
    ("Red and Blue Shirt", "Shirts", "Red"),
    ("Red and Blue Shirt", "Shirts", "Red"),
    ("Silk Tie", "Ties", "Red"),
    ("Knot", "Ties", "Red"),
    ("Bold Red Tie", "Ties", "Red"),
    ("Bold Blue Tie", "Ties", "Blue"),
    ("Two Red Socks", "Socks", "Red"),
]


def rows_of(entries):
    kinds = pl.Series("category", [kind for _, kind, _ in entries], dtype=pl.Enum(KINDS))
    colours = pl.Series("colour", [colour for *_, colour in entries], dtype=pl.Enum(COLOURS))
    code = kinds.to_physical().to_numpy().astype(int)
    return Rows(
        id=np.arange(len(entries)), inputs=pl.DataFrame([kinds, colours]),
        y=np.array([text for text, *_ in entries]), code=code, groups=pl.DataFrame(),
    )  # fmt: skip


def asked(*pairs):
    return np.array([[KINDS.index(k), COLOURS.index(c) if c else -1] for k, c in pairs])


def fitted(model=None, parents=("Tops", "Tops", "", "Tops"), columns=2):
    rows = rows_of(TEXTS)
    codes = rows.inputs["colour"].to_physical().to_numpy().astype(int)
    X = np.stack([rows.code, codes], axis=1)[:, :columns]
    targets = Targets(names=np.array(KINDS), kind="text", parents=np.array(parents)).observed(rows)
    valid = Valid(X=X, rows=rows)
    rng = np.random.default_rng(0)
    return (model or TemplateWriter()).fit(X, rows, valid, targets, Strategy(), rng)


def test_patterns_by_hand():
    shelves = fitted().shelves
    assert shelves["category: Shirts"] == [
        (Pattern(("Acme ", " ", ""), ("colour", "category")), 3),
        (Pattern(("Zeta ", " in ", ""), ("category", "colour")), 2),
    ]
    assert shelves["category: Socks"] == shelves["category: Hats"] == []
    assert (Pattern(("Bold ", " ", ""), ("colour", "category")), 2) in shelves["all"]
    assert "above: " not in shelves


def test_patterns_take_turns_as_often_as_they_are_common():
    texts = fitted().write(asked(*[("Shirts", "Red")] * 50)).tolist()
    assert Counter(texts) == {"Acme Red Shirt": 30, "Zeta Shirt in Red": 20}
    assert len({tuple(texts[at : at + 5]) for at in range(0, 50, 5)}) < 10


def test_a_category_without_a_pattern_borrows_a_wider_one_with_its_own_name():
    shirts = {"Acme Blue Hats", "Zeta Hats in Blue", "Bold Blue Hats"}
    assert set(fitted().write(asked(*[("Hats", "Blue")] * 20)).tolist()) == shirts
    lone = fitted(parents=("Tops", "Ties", "", "Alone"))
    assert set(lone.write(asked(*[("Hats", "Blue")] * 20)).tolist()) == shirts


def test_without_an_attribute_only_patterns_that_need_none_are_filled():
    found = fitted().write(asked(("Shirts", None), ("Ties", None), ("Ties", "Navy Blue"))).tolist()
    assert found == ["Shirt", "Tie", "Bold Navy Blue Tie"]


def test_given_the_category_alone_the_values_stay_words():
    written = fitted(TemplateWriter(least=1), columns=1)
    assert written.write(np.array([[1]])).tolist()[0] in {
        "Silk Tie",
        "Bold Red Tie",
        "Bold Blue Tie",
    }
    hats = set(written.write(np.full((60, 1), 3)).tolist())
    assert "Only One Red Hats" in hats
    assert all("Hats" in text for text in hats)


def test_a_text_that_names_what_nobody_asked_for_has_no_pattern():
    mentions = Mentions({"category": KINDS, "colour": COLOURS})
    said = {"category": "Shirts", "colour": "Blue"}
    assert pattern_of("Red and Blue Shirt", said, mentions) is None
    assert pattern_of("Navy Blue Shirt", said, mentions) is None
    assert pattern_of("Plain thing", said, mentions) is None
    pattern, words = pattern_of("Blue Shirt, blue", said, mentions)
    assert pattern == Pattern(("", " ", ", ", ""), ("colour", "category", "colour"))
    assert words == {"colour": "blue", "category": "Shirt"}


def test_nothing_is_drawn_and_remedies_have_no_place():
    one, two = fitted(), fitted()
    X = asked(("Shirts", "Red"), ("Hats", "Blue"), ("Ties", None))
    assert one.write(X).tolist() == two.write(X).tolist() == one.write(X).tolist()
    targets = Targets(names=np.array(KINDS), kind="text")
    with pytest.raises(NotApplicable, match="sample"):
        TemplateWriter().check(ClassBalancedSampling(), targets)
    with pytest.raises(InputError, match="at least 1, got 0"):
        TemplateWriter(least=0)
    with pytest.raises(InputError, match="task generate"):
        one.scores(X)
