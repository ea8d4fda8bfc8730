"""Words move, everything else stays."""

from hypothesis import given, settings
from hypothesis import strategies as st

from longshelf.generators.phrases import Phrase

TEXTS = st.text(st.sampled_from(list("ab1 ,-'()红鞋%")), max_size=25)


@settings(deadline=None)
@given(TEXTS)
def test_a_text_taken_apart_is_put_together_again(text: str) -> None:
    phrase = Phrase.of(text)
    assert len(phrase.gaps) == len(phrase.words) + 1
    assert phrase.text.replace(" ", "") == text.replace(" ", "")


@settings(deadline=None)
@given(TEXTS, st.data())
def test_operations_move_words_only(text: str, data: st.DataObject) -> None:
    phrase = Phrase.of(text)
    if len(phrase.words) < 2:
        return
    one, other = (data.draw(st.integers(0, len(phrase.words) - 1)) for _ in range(2))
    assert sorted(phrase.swapped(one, other).words) == sorted(phrase.words)
    assert phrase.without(one).words == phrase.words[:one] + phrase.words[one + 1 :]
    assert phrase.inserted(one, "new").without(one).words == phrase.words
    assert phrase.kept([other]).words == (phrase.words[other],)
    assert "newnew" not in phrase.inserted(one, "new").inserted(one, "new").text


def test_spaces_stand_where_a_language_wants_them() -> None:
    title = Phrase.of("耐克男子跑鞋 Air Max")
    assert title.words == ("耐克", "男子", "跑鞋", "Air", "Max")
    assert title.inserted(1, "新款").text == "耐克新款男子跑鞋 Air Max"
    assert title.swapped(0, 4).text == "Max男子跑鞋 Air 耐克"
    assert title.without(3).text == "耐克男子跑鞋 Max"
    english = Phrase.of("Men's T-shirt, 50% cotton (red)")
    assert english.words == ("Men's", "T-shirt", "50%", "cotton", "red")
    assert english.swapped(0, 4).text == "red T-shirt, 50% cotton (Men's)"
    assert english.without(1).text == "Men's, 50% cotton (red)"
