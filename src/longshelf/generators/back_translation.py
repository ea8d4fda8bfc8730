"""Texts in other words by way of another language, translated by two local models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.base import Corpus, Draft, Generator
from longshelf.tables import IntArray

if TYPE_CHECKING:
    from longshelf.language.translation import Translator

__all__ = ["BackTranslation"]

BROKEN = "\ufffd"


@dataclass(frozen=True, kw_only=True)
class BackTranslation(Generator):
    """Translate training texts to a pivot language and back, by two encoder-decoders [1]_.

    The way there takes the likeliest translation; on the way back a draft is drawn among the
    ``beams`` likeliest that are not the text itself, case and spaces aside. A text that comes back
    only as it went is no draft, so a greedy way back gives each text one draft at most. Every text
    is translated once, however often it is asked for.

    Parameters
    ----------
    there, back : str
        Folders or Hugging Face names of models of one language pair, such as
        ``Helsinki-NLP/opus-mt-zh-en`` and ``Helsinki-NLP/opus-mt-en-zh``.
    beams : int >= 1, default 4
        Translations followed at a time; 1 is greedy.
    prefixes : pair of str, default ("", "")
        Put before every text on the way there and back, such as T5's
        ``translate English to German: ``.
    longest : int >= 1, default 128
        Tokens read of a text and written of a translation, at most.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] Sennrich et al., Improving Neural Machine Translation Models with Monolingual Data,
       ACL 2016, arXiv:1511.06709; as augmentation with beams on the way back: Yu et al., QANet,
       ICLR 2018, arXiv:1804.09541, section 3.

    Examples
    --------
    >>> BackTranslation(there="opus-mt-zh-en", back="opus-mt-en-zh", beams=1).beams
    1
    """

    abstract: ClassVar[bool] = False

    there: str
    back: str
    beams: int = 4
    prefixes: tuple[str, str] = ("", "")
    longest: int = 128

    def __post_init__(self) -> None:
        if isinstance(self.prefixes, str) or len(self.prefixes) != 2:
            raise InputError(
                "back_translation's prefixes are two, for the way there and back, got "
                f"{self.prefixes!r}"
            )
        object.__setattr__(self, "prefixes", tuple(self.prefixes))
        if self.beams < 1 or self.longest < 1:
            raise InputError(
                "back_translation's beams and longest are at least 1, got "
                f"{self.beams} and {self.longest}"
            )

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Writer:
        from longshelf.language.translation import Translator

        ways = [
            Translator.load(name, before)
            for name, before in zip((self.there, self.back), self.prefixes, strict=True)
        ]
        return _Writer(self, corpus, ways[0], ways[1])


@dataclass(frozen=True)
class _Writer:
    made: BackTranslation
    corpus: Corpus
    there: Translator
    back: Translator
    known: dict[str, list[str]] = field(default_factory=dict)

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        texts = [self.corpus.texts[seed] for seed in seeds.tolist()]
        self._translate(text for text in texts if text.strip() and text not in self.known)
        drafts: list[Draft | None] = []
        for seed, text, chance in zip(seeds.tolist(), texts, rng.random(len(texts)), strict=True):
            others = self.known.get(text, [])
            said = others[int(chance * len(others))] if others else None
            drafts.append(None if said is None else Draft(said, (seed,)))
        return drafts

    def _translate(self, texts: Iterable[str]) -> None:
        """Learn what each text comes back as, other than itself."""
        asked = list(dict.fromkeys(texts))
        made = self.made
        went = [
            found[0] for found in self.there.translate(asked, beams=made.beams, most=made.longest)
        ]
        came = self.back.translate(went, beams=made.beams, kept=made.beams, most=made.longest)
        for text, found in zip(asked, came, strict=True):
            others = dict.fromkeys(one for one in found if one and BROKEN not in one)
            self.known[text] = [one for one in others if _folded(one) != _folded(text)]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
