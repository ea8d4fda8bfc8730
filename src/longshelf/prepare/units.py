"""Quantities in one unit each: volumes in ml, masses in g, lengths in cm, screens in inch."""

from __future__ import annotations

import re
from decimal import Decimal

import polars as pl

__all__ = ["units"]

_TABLE: dict[str, tuple[str, str]] = {
    "ml": ("1", "ml"), "cl": ("10", "ml"), "dl": ("100", "ml"), "l": ("1000", "ml"),
    "ltr": ("1000", "ml"), "litre": ("1000", "ml"), "litres": ("1000", "ml"),
    "liter": ("1000", "ml"), "liters": ("1000", "ml"), "毫升": ("1", "ml"), "升": ("1000", "ml"),
    "mg": ("0.001", "g"), "g": ("1", "g"), "gm": ("1", "g"), "gms": ("1", "g"),
    "gram": ("1", "g"), "grams": ("1", "g"), "kg": ("1000", "g"), "kgs": ("1000", "g"),
    "毫克": ("0.001", "g"), "克": ("1", "g"), "千克": ("1000", "g"), "公斤": ("1000", "g"),
    "斤": ("500", "g"),
    "mm": ("0.1", "cm"), "cm": ("1", "cm"), "毫米": ("0.1", "cm"), "厘米": ("1", "cm"),
    "inch": ("1", "inch"), "inches": ("1", "inch"), '"': ("1", "inch"), "″": ("1", "inch"),
    "英寸": ("1", "inch"), "寸": ("1", "inch"),
}  # fmt: skip

_NAMES = "|".join(sorted(map(re.escape, _TABLE), key=len, reverse=True))
_QUANTITY = re.compile(
    rf"(?<![A-Za-z0-9_.,])([0-9]{{1,9}}(?:[.,][0-9]{{1,6}})*)[ -]?({_NAMES})(?![A-Za-zÀ-ɏ0-9_拉])",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"[0-9] ?[-~–—x×X*/] ?$")


def units(texts: pl.Series) -> pl.Series:
    """Write quantities in one way: ``1 L`` and ``1000ml`` both become ``1000 ml``.

    Ranges and sizes such as ``10-20 mm`` and ``10x20 mm`` stay as they are, for one unit serves
    several numbers there; so does ``4G``, which is no mass.

    Examples
    --------
    >>> units(pl.Series(["Milk 1.5L", "Rice 2kg", '15.6" laptop', "牛奶250毫升"])).to_list()
    ['Milk 1500 ml', 'Rice 2000 g', '15.6 inch laptop', '牛奶250 ml']
    """
    some = texts.str.contains("[0-9]").fill_null(False)
    if not some.any():
        return texts
    plain = texts.filter(some).unique()
    written = pl.Series([_QUANTITY.sub(_rewrite, text) for text in plain], dtype=pl.String)
    return texts.replace(plain, written)


def _rewrite(found: re.Match[str]) -> str:
    number, unit = found.groups()
    if unit == "G" or _BEFORE.search(found.string[: found.start()]):
        return found.group()
    value = _number(number)
    if value is None:
        return found.group()
    factor, name = _TABLE[unit.lower()]
    shown = format((value * Decimal(factor)).normalize(), "f")
    return f"{shown} {name}"


def _number(text: str) -> Decimal | None:
    """``1,000`` is a thousand, ``1,5`` one and a half; other mixtures are no quantity."""
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text):
        return Decimal(text.replace(",", ""))
    if re.fullmatch(r"[0-9]+([.,][0-9]+)?", text):
        return Decimal(text.replace(",", "."))
    return None
