"""Drafts without the words a shop does not want to say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError, Unavailable
from longshelf.generators.base import Corpus
from longshelf.generators.filters.base import Batch, Filter, Judged
from longshelf.prepare.words import IDEOGRAPH

__all__ = ["Banned"]


@dataclass(frozen=True, kw_only=True)
class Banned(Filter):
    """Drop drafts that hold a term of the user's own list.

    Case and the number of spaces are ignored. A term counts as a whole word, or phrase; one with
    Chinese characters anywhere. The list is the user's: none comes with the program.

    Parameters
    ----------
    terms : str or tuple of str, default ()
    path : str or None, default None
        A text file with one term a line; empty lines and those that begin with # are skipped. It is
        read when a run begins: change the terms under another file name to have cells run again.

    Raises
    ------
    InputError
        If there is no term at all.
    Unavailable
        If the file cannot be read.

    Examples
    --------
    >>> banned = Banned(terms=("miracle cure", "最好"))
    >>> judge = banned.fit(Corpus(texts=[], code=np.zeros(0, int), names=[], inputs=None), None)
    >>> judge.judge(Batch(["Miracle  Cure oil", "全国最好的油", "miracles"], np.zeros(3, int))).passes
    array([False, False,  True])
    """

    abstract: ClassVar[bool] = False

    terms: str | tuple[str, ...] = ()
    path: str | None = None

    def __post_init__(self) -> None:
        terms = (self.terms,) if isinstance(self.terms, str) else tuple(self.terms)
        object.__setattr__(self, "terms", terms)

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Listed:
        terms = [*self.terms, *(_read(self.path) if self.path else ())]
        wanted = list(dict.fromkeys(term.strip() for term in terms if term.strip()))
        if not wanted:
            raise InputError(
                "banned has no terms; give banned(terms=('…',)) or banned(path='terms.txt')"
            )
        return _Listed(re.compile("|".join(map(_pattern, wanted)), re.IGNORECASE))


def _read(path: str) -> Iterable[str]:
    try:
        lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"cannot read the banned terms in {path!r}: {error}") from error
    return [line for line in lines if not line.startswith("#")]


def _pattern(term: str) -> str:
    words = r"\s+".join(map(re.escape, term.split()))
    return words if re.search(IDEOGRAPH, term) else rf"(?<!\w){words}(?!\w)"


@dataclass(frozen=True)
class _Listed:
    pattern: re.Pattern[str]

    def judge(self, batch: Batch) -> Judged:
        found = np.array([self.pattern.search(text) is not None for text in batch.texts], bool)
        return Judged(~found, found.astype(float))
