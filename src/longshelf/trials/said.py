"""A sentence in English that also has its Chinese."""

from __future__ import annotations

from typing import Self

__all__ = ["Said"]


class Said(str):
    """English text wherever a text is wanted, its Chinese at hand for pages that show both.

    Parameters
    ----------
    text : str
        English.
    zh : str, default ""
        Chinese; "" is the English.

    Examples
    --------
    >>> note = Said("no alert is raised", "无告警")
    >>> note == "no alert is raised", note.zh
    (True, '无告警')
    """

    zh: str

    def __new__(cls, text: str, zh: str = "") -> Self:
        made = super().__new__(cls, text)
        made.zh = zh or text
        return made
