"""Cleaning: each step by hand-worked cases, the whole by its laws."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshelf.errors import InputError
from longshelf.prepare import STEPS, clean, clean_text, normalise_key

PIECES = st.sampled_from(
    [
        "<b>", "</b>", "&amp;", "&lt;", "lt;", "&#65;", "＜ｂ＞", "&", "<", ">", "1 L", "1,000 ml", "2.5kg",
        "10x20 mm", "15.6\"", "牛奶", "250毫升", "\u200b", "\t", "\x00", "ﬁ", "Ａ", "㎏", "3", " ", "-", ".",
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("html", "a<br>b &amp;lt;i&amp;gt;c &eacute;", "a b  c é"),
        ("html", "<script>x < 1</script>shirt", " shirt"),
        ("html", "3 < 5 & 7 > 2", "3 < 5 & 7 > 2"),
        ("control", "a\x07b\r\nc\ufeff", "ab  c"),
        ("control", "👩\u200d🔬", "👩\u200d🔬"),
        ("unicode", "ｶﾀｶﾅ ＡＢＣ １２３", "カタカナ ABC 123"),
        ("units", "1 L", "1000 ml"),
        ("units", "1000ml", "1000 ml"),
        ("units", "0.75l", "750 ml"),
        ("units", "1,5 kg", "1500 g"),
        ("units", "1,000 g", "1000 g"),
        ("units", "25mm", "2.5 cm"),
        ("units", "15.6-inch", "15.6 inch"),
        ("units", "5公斤 大米", "5000 g 大米"),
        ("units", "10-20 mm", "10-20 mm"),
        ("units", "30x40 mm", "30x40 mm"),
        ("units", "4G phone 16GB", "4G phone 16GB"),
        ("units", "2克拉", "2克拉"),
        ("whitespace", " a \u3000 b\n", "a b"),
    ],
)
def test_a_step_does_what_it_says(step: str, before: str, after: str) -> None:
    assert STEPS[step](pl.Series([before])).to_list() == [after]


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_cleaning_twice_is_cleaning_once(texts: list[str]) -> None:
    once = clean_text(pl.Series(texts), list(STEPS))
    assert clean_text(once, list(STEPS)).to_list() == once.to_list()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(STEPS)), TEXTS)
def test_every_step_alone_is_idempotent(step: str, text: str) -> None:
    once = STEPS[step](pl.Series([text]))
    assert STEPS[step](once).to_list() == once.to_list()


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_unicode_is_the_standard_form(text: str) -> None:
    assert STEPS["unicode"](pl.Series([text])).to_list() == [unicodedata.normalize("NFKC", text)]


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS, min_size=2, max_size=6))
def test_a_row_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    alone = [clean_text(pl.Series([text]), list(STEPS)).item() for text in texts]
    assert clean_text(pl.Series(texts), list(STEPS)).to_list() == alone


def test_missing_texts_stay_missing_and_other_columns_stay() -> None:
    frame = pl.DataFrame({"t": ["<i>a</i>", None], "n": [1, 2]})
    assert clean(frame, ["t"]).to_dict(as_series=False) == {"t": ["a", None], "n": [1, 2]}


def test_an_unknown_step_is_named_with_its_neighbour() -> None:
    with pytest.raises(InputError, match="did you mean 'unicode'"):
        clean(pl.DataFrame({"t": ["a"]}), ["t"], ["unicod"])


def test_only_text_is_cleaned() -> None:
    with pytest.raises(InputError, match="holds Int64"):
        clean(pl.DataFrame({"n": [1]}), ["n"])


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_keys_ignore_case_width_and_marks(text: str) -> None:
    shouted = "  " + unicodedata.normalize("NFKC", text).lower() + " "
    keys = normalise_key(pl.Series([text, shouted, None]))
    assert keys[0] == keys[1]
    assert keys[2] is None
    assert normalise_key(keys).to_list() == keys.to_list()
