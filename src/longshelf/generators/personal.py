"""Personal data in a text: what must never leave a generator."""

from __future__ import annotations

import re
from datetime import date

__all__ = ["personal"]

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MOBILE = re.compile(r"(?<![\d.])(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
_ABROAD = re.compile(r"(?<!\w)\+[1-9]\d{0,2}(?:[ .()-]{0,2}\d){6,12}(?!\d)")
_LANDLINE = re.compile(
    r"(?<![\d-])(?:0\d{2,3}[ -]\d{7,8}|\(\d{3}\) ?\d{3}[ -]\d{4}|\d{3}-\d{3}-\d{4})(?![\d-])"
)
_CARD = re.compile(
    r"(?<![\d.-])(?:\d{13,19}|\d{4}(?P<mark>[ -])\d{4}(?P=mark)\d{4}(?P=mark)\d{4}(?:(?P=mark)\d{1,3})?"
    r"|\d{4}[ -]\d{6}[ -]\d{4,5})(?![\d-])"
)
_ISSUED = re.compile(
    r"4\d{12}|3\d{13,14}|[3-6]\d{15,18}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}"
)
_RESIDENT = re.compile(r"(?<!\d)[1-9]\d{16}[\dXx](?!\d)")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def personal(text: str) -> str | None:
    """What personal data a text holds: ``e-mail``, ``phone``, ``resident id``, ``card`` or None.

    A Chinese mobile number is eleven digits from 13 to 19, with or without 86 before it and marks
    between; another phone number has a country code after a plus, or the marks of a landline. A
    Chinese resident id has 18 characters with a real date and its check digit [1]_. A card has the
    first digits and the length of an issuer's and passes Luhn's check [2]_. Other digits, such as
    model numbers and bar codes, are none.

    References
    ----------
    .. [1] GB 11643-1999, with ISO 7064 MOD 11-2.
    .. [2] ISO/IEC 7812-1, annex B.

    Examples
    --------
    >>> personal("write to jo@shop.example"), personal("电话13812345678"), personal("Nikon P7100")
    ('e-mail', 'phone', None)
    """
    if _EMAIL.search(text):
        return "e-mail"
    if any(_resident(found) for found in _RESIDENT.findall(text)):
        return "resident id"
    if any(pattern.search(text) for pattern in (_MOBILE, _ABROAD, _LANDLINE)):
        return "phone"
    runs = (re.sub(r"\D", "", found.group()) for found in _CARD.finditer(text))
    return "card" if any(_ISSUED.fullmatch(run) and _luhn(run) for run in runs) else None


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _resident(number: str) -> bool:
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == number[17].upper()
