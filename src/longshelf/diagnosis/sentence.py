"""One observation in two languages."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Sentence"]


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A plain sentence.

    Parameters
    ----------
    severity : float in [0, 1]
        Sentences are ranked by it.
    en, zh : str
        The same in English and Chinese.
    """

    severity: float
    en: str
    zh: str
