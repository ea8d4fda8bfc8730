"""Classes asked of a language model by a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import polars as pl

from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.features.text import language_of
from longshelf.features.words import is_words
from longshelf.language.prompts import CONTENT_FREE, TEMPLATES, Template, described
from longshelf.models.base import Head, Model
from longshelf.models.rank.item_texts import ItemTexts
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.language.causal_lm import CausalLm
    from longshelf.language.token_trie import TokenTrie

__all__ = ["FittedPrompts", "Prompted"]

Normalise = Literal["sum", "mean", "pmi"]
Draw = Literal["balanced", "nearest"]

BLOCK = 512
"""Texts whose similarities to the training part are held at once."""


@dataclass(frozen=True)
class Nearest:
    """Training texts that can be looked up by their likeness to a text.

    Parameters
    ----------
    encoder : ItemTexts
        TF-IDF of the training texts.
    vectors : (n, V) CSR
    pairs : list of n pairs
        Text and label.
    """

    encoder: ItemTexts
    vectors: Matrix
    pairs: list[tuple[str, str]]

    def of(self, texts: Sequence[str], shots: int) -> list[list[tuple[str, str]]]:
        """The likest training rows of each text, the likest last."""
        found: list[list[tuple[str, str]]] = []
        for start in range(0, len(texts), BLOCK):
            asked = self.encoder.encode(list(texts[start : start + BLOCK]))
            near = np.argsort(-(asked @ self.vectors.T).toarray(), axis=1, kind="stable")
            found += [[self.pairs[i] for i in row[:shots][::-1]] for row in near]
        return found


@dataclass(frozen=True)
class FittedPrompts:
    """A language model, and what is put before each question.

    Parameters
    ----------
    lm : CausalLm
    template : Template
    lead : str
    names : C strings
        Labels as they are answered.
    examples : sequence of pairs
        Text and label; the same before every question, or before questions without content.
    nearest : Nearest or None
        Where each question has examples of its own.
    normalise : {"sum", "mean", "pmi"}
    """

    lm: CausalLm
    template: Template
    lead: str
    names: Sequence[str]
    examples: Sequence[tuple[str, str]]
    nearest: Nearest | None
    normalise: Normalise

    @property
    def parameters(self) -> int:
        """Numbers in the language model; none was learned here."""
        return self.lm.parameters

    @property
    def head(self) -> Head | None:
        return None

    @cached_property
    def trie(self) -> TokenTrie:
        """The labels as tokens that continue a question."""
        from longshelf.language.token_trie import TokenTrie

        answers = [self.template.answer(name) for name in self.names]
        return TokenTrie.of(self.lm.continuations(answers, self.template.between))

    @cached_property
    def content_free(self) -> FloatArray:
        """Scores of texts without content, after the same examples; (3, C)."""
        return self._normalised(self._likelihood(CONTENT_FREE, None))

    @cached_property
    def _unasked(self) -> FloatArray:
        """Log likelihoods of the labels after a question about nothing; (1, C)."""
        return self._likelihood([""], None)

    def prompts(self, texts: Sequence[str], nearest: Nearest | None) -> list[str]:
        """What is read before the answer to each text."""
        if nearest is None:
            lead = self.lead + self.template.show(self.examples)
            return [lead + self.template.ask(text) for text in texts]
        shown = nearest.of(texts, len(self.examples))
        return [
            self.lead + self.template.show(own) + self.template.ask(text)
            for text, own in zip(texts, shown, strict=True)
        ]

    def _likelihood(self, texts: Sequence[str], nearest: Nearest | None) -> FloatArray:
        from longshelf.language.likelihood import log_likelihood

        prompts = self.lm.tokens(self.prompts(texts, nearest))
        return np.stack(log_likelihood(self.lm, prompts, self.trie))

    def _normalised(self, scores: FloatArray) -> FloatArray:
        if self.normalise == "mean":
            scores = scores / self.trie.depth[self.trie.ends]
        elif self.normalise == "pmi":
            scores = scores - self._unasked
        return scores.astype(np.float32)

    def scores(self, X: Matrix) -> FloatArray:
        """Log likelihoods of the labels, normalised; equal texts are asked about once; (n, C)."""
        texts = _texts(X)
        if not texts:
            return np.zeros((0, len(self.names)), np.float32)
        place = {text: at for at, text in enumerate(dict.fromkeys(texts))}
        scores = self._normalised(self._likelihood(list(place), self.nearest))
        return scores[[place[text] for text in texts]]


@dataclass(frozen=True, kw_only=True)
class Prompted(Model):
    """Ask a language model, which is not trained further, how likely each class name is [1]_.

    The prompt is ``lead``, then ``shots`` answered examples, then the question. The score of a
    class is the log likelihood of its name as the answer, end of line included: every class is
    scored, nothing is written and parsed, and classes without a training row compete. A prompt is
    read once for all classes, and what all prompts begin with once for all texts. Reads ``words``.
    Without shots training rows are not looked at; with them, examples are what a resampler or
    expander leaves.

    Parameters
    ----------
    name : str, default "gpt2"
        A decoder by Hugging Face name or local folder.
    shots : int >= 0, default 0
        Examples in the prompt; 0 asks from class names alone.
    draw : {"balanced", "nearest"}, default "balanced"
        Examples of as many classes as there are examples, every class as likely, the same for all
        texts; or each text's nearest training rows by TF-IDF, the nearest last [2]_.
    normalise : {"sum", "mean", "pmi"}, default "sum"
        Log likelihood of the whole name; its mean per token, so that long names are not held
        back; or minus that of the name after the same prompt with an empty text, so that names
        which are likely anyhow are [3]_.
    template : str or None, default None
        A question with its answer: ``{text}`` and ``{label}`` once each. None is ``Title: …
        Category: …``, in Chinese where the training texts are.
    lead : str, default ""
        Put once before everything; ``{labels}`` in it becomes the list of class names, a line
        each, with their descriptions where the targets have text.

    Raises
    ------
    InputError
        If an argument is out of range, or the template lacks a place.
    NotApplicable
        If the features are not words, or the model is no decoder.
    Unavailable
        If there is no such model.

    References
    ----------
    .. [1] Brown et al., Language Models are Few-Shot Learners, NeurIPS 2020, arXiv:2005.14165,
       section 2.4.
    .. [2] Liu et al., What Makes Good In-Context Examples for GPT-3?, DeeLIO 2022,
       arXiv:2101.06804, section 3, with TF-IDF in place of a sentence encoder.
    .. [3] Holtzman et al., Surface Form Competition, EMNLP 2021, arXiv:2104.08315, eq. 3.

    Examples
    --------
    >>> Prompted(name="models/qwen", shots=5, normalise="pmi").shots
    5
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset({"expand", "resample"})

    name: str = "gpt2"
    shots: int = 0
    draw: Draw = "balanced"
    normalise: Normalise = "sum"
    template: str | None = None
    lead: str = ""

    def __post_init__(self) -> None:
        if self.shots < 0:
            raise InputError(f"prompted's shots must be 0 or more, got {self.shots}")
        if self.draw not in ("balanced", "nearest"):
            raise unknown("way to draw examples", self.draw, ("balanced", "nearest"))
        if self.normalise not in ("sum", "mean", "pmi"):
            raise unknown("normalisation", self.normalise, ("sum", "mean", "pmi"))
        if self.template is not None:
            Template.read(self.template)

    def check(self, strategy: Strategy, targets: Targets) -> None:
        super().check(strategy, targets)
        if idle := sorted(strategy.hooks & self.honours if self.shots == 0 else ()):
            raise NotApplicable(
                f"Prompted without shots looks at no training row, so {', '.join(idle)} would "
                "change nothing; give it shots"
            )

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedPrompts:
        from longshelf.language.causal_lm import CausalLm

        texts = _texts(X)
        written = self.template or TEMPLATES[language_of(pl.Series(texts, dtype=pl.String))]
        names = [str(name) for name in targets.names]
        told = None if targets.text is None else [str(text) for text in targets.text]
        pairs = [(text, names[code]) for text, code in zip(texts, rows.y, strict=True)]
        nearest = None
        if self.draw == "nearest" and self.shots:
            encoder = ItemTexts("tf_idf", texts, "prompted")
            nearest = Nearest(encoder, encoder.encode(texts), pairs)
        return FittedPrompts(
            CausalLm.load(self.name),
            Template.read(written),
            self.lead.replace("{labels}", described(names, told)),
            names,
            [pairs[i] for i in _balanced(rows.y, self.shots, rng)],
            nearest,
            self.normalise,
        )


def _texts(X: Matrix) -> list[str]:
    if not is_words(X) or X.shape[1] != 1:
        raise NotApplicable("prompted reads one text per row; give it features: words")
    return [str(text) for text in X[:, 0]]


def _balanced(y: IntArray, shots: int, rng: np.random.Generator) -> list[int]:
    """Rows of classes in random order, each class once before any twice."""
    present = np.unique(y)
    drawn: list[int] = []
    while len(drawn) < shots and len(drawn) < len(y):
        for code in rng.permutation(present)[: shots - len(drawn)]:
            left = np.setdiff1d(np.flatnonzero(y == code), drawn)
            drawn += [int(rng.choice(left))] if len(left) else []
    return drawn
