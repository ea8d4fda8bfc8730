"""Words that bind others and name nothing."""

from __future__ import annotations

from functools import cache

__all__ = ["is_function_word"]

CHINESE = frozenset({
    "的", "了", "是", "在", "我", "你", "他", "她", "它", "们", "我们", "你们", "他们", "和", "与", "及",
    "或", "也", "都", "就", "还", "不", "没", "没有", "很", "太", "把", "被", "给", "对", "从", "到", "用",
    "为", "为了", "这", "那", "这个", "那个", "这样", "那样", "一个", "一", "个", "着", "过", "吗", "呢", "吧",
    "啊", "有", "要", "会", "能", "可以", "而", "但", "但是", "因为", "所以", "如果", "就是", "还是", "只是",
    "而且", "又", "再", "让", "跟", "比", "上", "下", "里", "中",
})  # fmt: skip


@cache
def english() -> frozenset[str]:
    """The stop words scikit-learn carries."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


def is_function_word(word: str) -> bool:
    """Whether a word is an article, a pronoun, a particle or the like, in English or Chinese.

    Examples
    --------
    >>> is_function_word("The"), is_function_word("的"), is_function_word("shoe")
    (True, True, False)
    """
    return word in CHINESE or word.lower() in english()
