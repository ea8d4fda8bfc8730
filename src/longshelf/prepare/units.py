"""Quantities in one unit each: volumes in ml, masses in g, lengths in cm, screens in inch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import polars as pl

__all__ = ["UNITS", "Quantity", "quantities", "units"]

UNITS: dict[str, tuple[str, str]] = {
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
"""Every unit by its name in small letters: its factor, and the unit it counts in."""

_NAMES = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
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
    written = pl.Series([_rewritten(text) for text in plain], dtype=pl.String)
    return texts.replace(plain, written)


class Quantity(NamedTuple):
    """A number and a unit: where they stand, how many of the unit, and its name as written."""

    start: int
    end: int
    value: Decimal
    unit: str


def quantities(text: str) -> Iterator[Quantity]:
    """Every quantity of a text that stands for itself.

    Examples
    --------
    >>> [(str(found.value), found.unit) for found in quantities("1.5 L milk, 10-20 mm drill, 4G phone")]
    [('1.5', 'L')]
    """
    for found in _QUANTITY.finditer(text):
        number, unit = found.groups()
        value = _number(number)
        if value is not None and unit != "G" and not _BEFORE.search(text[: found.start()]):
            yield Quantity(found.start(), found.end(), value, unit)


def _rewritten(text: str) -> str:
    written, end = "", 0
    for found in quantities(text):
        factor, name = UNITS[found.unit.lower()]
        shown = format((found.value * Decimal(factor)).normalize(), "f")
        written += f"{text[end : found.start]}{shown} {name}"
        end = found.end
    return written + text[end:]


def _number(text: str) -> Decimal | None:
    """``1,000`` is a thousand, ``1,5`` one and a half; other mixtures are no quantity."""
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text):
        return Decimal(text.replace(",", ""))
    if re.fullmatch(r"[0-9]+([.,][0-9]+)?", text):
        return Decimal(text.replace(",", "."))
    return None
