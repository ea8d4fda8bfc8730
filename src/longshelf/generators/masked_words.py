"""Words replaced by those a masked language model would say in their place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.base import Corpus, Draft, Generator
from longshelf.generators.function_words import is_function_word
from longshelf.generators.phrases import Phrase
from longshelf.generators.protected import Protected
from longshelf.generators.telling import Telling
from longshelf.prepare.words import IDEOGRAPH
from longshelf.tables import FloatArray, IntArray

if TYPE_CHECKING:
    from longshelf.language.masked import MaskedLm, Words

__all__ = ["MaskedWords"]

TOGETHER = 64
"""Texts read side by side."""


@dataclass(frozen=True, kw_only=True)
class MaskedWords(Generator):
    """Have a masked language model replace a share of the words, in their context [1]_.

    A chosen word is masked and another is drawn from the model's ``top`` proposals, by their
    probabilities; later gaps see what was put into earlier ones. A Chinese word is masked and filled
    character by character. Never replaced are numbers, model codes, sizes and brands, function
    words, and words that tell the text's own target; never put in are words with digits, pieces of
    words, and words that tell another target: a word tells the target that holds most texts with
    it. That keeps most labels, not all: a filter on class consistency may follow.

    Parameters
    ----------
    model : str
        A folder or Hugging Face name of a model with a masked-language head, such as BERT or
        RoBERTa.
    share : float in (0, 1], default 0.15
        Of the words that may be replaced, one at least.
    top : int >= 1, default 20
        Proposals drawn from.

    Raises
    ------
    InputError
        If ``share`` or ``top`` is out of range.

    References
    ----------
    .. [1] Wu et al., Conditional BERT Contextual Augmentation, ICCS 2019, arXiv:1812.06705,
       section 3; without its fine-tuning on labels. The share is BERT's, arXiv:1810.04805.

    Examples
    --------
    >>> MaskedWords(model="bert-base-chinese").share
    0.15
    """

    abstract: ClassVar[bool] = False

    model: str
    share: float = 0.15
    top: int = 20

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(f"masked_words replaces a share in (0, 1], got {self.share}")
        if self.top < 1:
            raise InputError(f"masked_words draws from 1 proposal or more, got {self.top}")

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Writer:
        from longshelf.language.masked import MaskedLm

        phrases = [Phrase.of(text) for text in corpus.texts]
        return _Writer(
            self, np.asarray(corpus.code), phrases, Protected(corpus, phrases),
            Telling(phrases, np.asarray(corpus.code)), MaskedLm.load(self.model),
        )  # fmt: skip


@dataclass
class _Gapped:
    """A text, the gaps that are left in it, and what was put into the first of them so far."""

    phrase: Phrase
    target: int
    left: list[int]
    begun: str = ""

    def text(self, gap: str) -> str:
        """With a gap for every word, or Chinese character, that is still to be put in."""
        phrase = self.phrase
        for at in self.left:
            word = phrase.words[at]
            begun = self.begun if at == self.left[0] else ""
            phrase = phrase.replaced(
                at, begun + gap * (len(word) - len(begun) if _han(word) else 1)
            )
        return phrase.text


@dataclass(frozen=True)
class _Writer:
    made: MaskedWords
    code: IntArray
    phrases: list[Phrase]
    protected: Protected
    telling: Telling
    lm: MaskedLm

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        open_ = [self._gapped(seed, rng) for seed in seeds.tolist()]
        while pending := [one for one in open_ if one.left]:
            for start in range(0, len(pending), TOGETHER):
                self._fill_first(pending[start : start + TOGETHER], rng)
        drafts: list[Draft | None] = []
        for seed, one in zip(seeds.tolist(), open_, strict=True):
            same = one.phrase.words == self.phrases[seed].words
            drafts.append(None if same else Draft(one.phrase.text, (seed,)))
        return drafts

    def _gapped(self, seed: int, rng: np.random.Generator) -> _Gapped:
        phrase, target = self.phrases[seed], int(self.code[seed])
        held = self.protected.places(seed)
        free = [
            at for at, word in enumerate(phrase.words)
            if at not in held and not is_function_word(word) and self.telling.of(word) != target
        ]  # fmt: skip
        if not free or self.lm.gap in phrase.text:
            return _Gapped(phrase, target, [])
        count = max(1, round(self.made.share * len(free)))
        return _Gapped(phrase, target, sorted(rng.choice(free, count, replace=False).tolist()))

    def _fill_first(self, some: list[_Gapped], rng: np.random.Generator) -> None:
        logs, seen = self.lm.said([one.text(self.lm.gap) for one in some])
        for one, row, read, chance in zip(some, logs, seen, rng.random(len(some)), strict=True):
            if read:
                self._fill(one, row, chance)
            else:
                one.left.clear()

    def _fill(self, one: _Gapped, logs: FloatArray, chance: float) -> None:
        """Put a word, or a character, into the first gap; a word that fits nowhere stays."""
        at = one.left[0]
        word = one.phrase.words[at]
        words = self.lm.han if _han(word) else self.lm.latin
        said = self._drawn(one, word, words, logs[words.ids], chance)
        if said and _han(word) and len(one.begun) + 1 < len(word):
            one.begun += said
            return
        if said:
            one.phrase = one.phrase.replaced(at, one.begun + said)
        one.left.pop(0)
        one.begun = ""

    def _drawn(self, one: _Gapped, word: str, words: Words, logs: FloatArray, chance: float) -> str:
        """One of the ``top`` likeliest words that are another and mislead nobody; empty if none."""
        whole = not _han(word) or len(one.begun) + 1 == len(word)
        kept: list[tuple[str, float]] = []
        for place in np.argsort(-logs, kind="stable").tolist():
            said = _cased(str(words.words[place]), word)
            full = one.begun + said
            if whole and (
                full.casefold() == word.casefold()
                or is_function_word(full)
                or self.telling.misleads(full, one.target)
            ):
                continue
            kept.append((said, float(logs[place])))
            if len(kept) == self.made.top:
                break
        if not kept:
            return ""
        share = np.exp(np.array([log for _, log in kept]) - kept[0][1])
        reached = np.cumsum(share / share.sum())
        return kept[min(int(np.searchsorted(reached, chance, side="right")), len(kept) - 1)][0]


def _han(word: str) -> bool:
    return re.fullmatch(f"{IDEOGRAPH}+", word) is not None


def _cased(said: str, like: str) -> str:
    """A word of small letters with a capital where the one it replaces has it."""
    return said.capitalize() if said.islower() and like[:1].isupper() else said
