"""How words go wrong on a keyboard and under a scanner."""

from __future__ import annotations

import re

import numpy as np

from longshelf.prepare.words import IDEOGRAPH

__all__ = ["misread", "mistyped"]

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BESIDE = {
    key: "".join(
        ROWS[line + down][at]
        for down, places in ((0, (-1, 1)), (-1, (0, 1)), (1, (-1, 0)))
        if 0 <= line + down < len(ROWS)
        for at in (place + step for step in places)
        if 0 <= at < len(ROWS[line + down])
    )
    for line, row in enumerate(ROWS)
    for place, key in enumerate(row)
}
"""Keys that touch a key of a QWERTY keyboard."""

CONFUSED = {
    "o": "0", "O": "0", "l": "1", "I": "l", "i": "l", "S": "5", "B": "8", "g": "9", "z": "2",
    "rn": "m", "m": "rn", "cl": "d", "d": "cl", "vv": "w", "w": "vv", "e": "c", "h": "b", "u": "v",
    "己": "已", "已": "己", "未": "末", "末": "未", "士": "土", "土": "士", "日": "曰", "人": "入",
    "入": "人", "大": "太", "太": "大", "干": "千", "千": "干", "天": "夭", "白": "自", "自": "白",
    "晴": "睛", "睛": "晴", "折": "拆", "拆": "折", "侯": "候", "候": "侯", "体": "休", "休": "体",
    "今": "令", "令": "今", "贝": "见", "见": "贝", "午": "牛", "牛": "午", "王": "玉", "玉": "王",
    "外": "处", "处": "外", "密": "蜜", "蜜": "密", "辩": "辨", "辨": "辩", "快": "块", "块": "快",
    "很": "狠", "话": "活", "活": "话", "性": "姓", "问": "间", "间": "问",
}  # fmt: skip
"""What a scanner takes for what; Chinese characters of like shape."""


def mistyped(word: str, rng: np.random.Generator) -> str | None:
    """A word with one slip: a key beside the right one, two swapped, one missing or struck twice.

    Words of fewer than four letters stay, Chinese ones of fewer than two; there no key is beside
    another.

    Examples
    --------
    >>> mistyped("shoe", np.random.default_rng(0))
    'she'
    """
    chinese = re.search(IDEOGRAPH, word) is not None
    if len(word) < (2 if chinese else 4):
        return None
    at = int(rng.integers(len(word) - 1))
    way = int(rng.integers(1 if chinese else 0, 4))
    if way == 0:
        beside = BESIDE.get(word[at].lower())
        if beside is None:
            return None
        key = beside[int(rng.integers(len(beside)))]
        return word[:at] + (key.upper() if word[at].isupper() else key) + word[at + 1 :]
    if way == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + (word[at] * 2 if way == 3 else "") + word[at + 1 :]


def misread(word: str, rng: np.random.Generator) -> str | None:
    """A word with one letter, or pair of letters, taken for another of like shape.

    Examples
    --------
    >>> misread("hill", np.random.default_rng(0))
    'hil1'
    """
    found = [
        (at, part) for part in CONFUSED for at in range(len(word)) if word.startswith(part, at)
    ]
    if not found:
        return None
    at, part = sorted(found)[int(rng.integers(len(found)))]
    return word[:at] + CONFUSED[part] + word[at + len(part) :]
