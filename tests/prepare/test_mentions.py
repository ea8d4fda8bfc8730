"""Values named in texts, against a plain search and cases worked by hand."""

import numpy as np
import pytest

from longshelf.prepare.folding import folded, located
from longshelf.prepare.mentions import Mentions

VALUES = {
    "colour": ["Blue", "Navy Blue", "Blue Grey Mix", "Off White", "White"],
    "kind": ["Casual Shoes", "Shoes", "Watches", "运动鞋"],
    "use": ["Casual", "Navy"],
}


def naive(text):
    """The longest value at each place, attribute by attribute, by joining words."""
    said = folded(text)
    found = set()
    for attribute, values in VALUES.items():
        at = 0
        while at < len(said):
            hits = [v for v in values if " ".join(said[at:]).startswith(" ".join(folded(v)))]
            hits = [v for v in hits if said[at : at + len(folded(v))] == folded(v)]
            best = max(hits, key=lambda v: len(folded(v)), default=None)
            if best is not None:
                found.add((attribute, best, at))
            at += 1 if best is None else len(folded(best))
    return found


def test_random_texts_name_what_a_plain_search_finds():
    draw = np.random.default_rng(0)
    pool = [
        "navy",
        "Blue",
        "GREY",
        "mix",
        "Off",
        "white",
        "casual",
        "Shoe",
        "shoes",
        "watch",
        "Watches",
        "运",
        "动",
        "鞋",
        "x",
        ",",
        "-",
    ]
    mentions, seen = Mentions(VALUES), 0
    for _ in range(500):
        text = " ".join(draw.choice(pool, draw.integers(0, 9)))
        places = {word.start: at for at, word in enumerate(located(text))}
        found = {(m.attribute, m.values[0], places[m.start]) for m in mentions.of(text)}
        assert found == naive(text), text
        seen += len(found)
    assert seen > 500


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Puma NAVY-BLUE casual shoe", {"NAVY-BLUE", "casual shoe", "NAVY", "casual"}),
        ("snow white", {"white"}),
        ("Bluetooth whiteboard", set()),
        ("新款运动鞋", {"运动鞋"}),
        ("", set()),
    ],
)
def test_places_are_those_of_the_text_as_it_stands(text, wanted):
    assert {text[m.start : m.end] for m in Mentions(VALUES).of(text)} == wanted


def test_values_that_read_alike_are_named_together():
    (found,) = Mentions({"kind": ["Short", "Shorts", "--"]}).of("a short")
    assert found.values == ("Short", "Shorts")


def test_located_and_folded_agree():
    text = "Body Wash & Watches 运动鞋 T-shirts"
    assert [word.folded for word in located(text)] == folded(text)
