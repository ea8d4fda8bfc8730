"""Classes asked of a language model behind a chat address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.evidence import row_weights
from longshelf.features.words import is_words
from longshelf.language.answers import Answer, Ask
from longshelf.language.endpoint import Endpoint
from longshelf.language.spending import note
from longshelf.models.base import Head, Model
from longshelf.models.classify.choices import LETTERS, Option, choice, read_choice
from longshelf.models.classify.constant import log_share
from longshelf.models.classify.shortlist import Shortlist
from longshelf.strategies.base import Strategy
from longshelf.tables import BoolArray, FloatArray, IntArray, Matrix, Rows, Targets, Valid

__all__ = ["ChatClassifier", "FittedChatClassifier"]

FLOOR = 1e-6
"""Probability left to classes that were not offered or not answered, together at least."""


@dataclass(frozen=True)
class FittedChatClassifier:
    """A model, its options and what it falls back to.

    Parameters
    ----------
    model : ChatClassifier
    options : C Options
    order : (C,) int array
        In which order classes are offered.
    share : (C,) float array
        Class shares, where no answer can be used.
    shortlist : Shortlist or None
        Where classes are too many for one prompt.
    seed : int
    """

    model: ChatClassifier
    options: Sequence[Option]
    order: IntArray
    share: FloatArray
    shortlist: Shortlist | None
    seed: int

    @property
    def parameters(self) -> int:
        """None are learned here."""
        return 0

    @property
    def head(self) -> Head | None:
        return None

    def offered(self, texts: Sequence[str]) -> list[IntArray]:
        """The classes each text may be of, in the order they are offered."""
        if self.shortlist is None:
            return [self.order] * len(texts)
        likely = self.shortlist.of(texts, self.model.candidates)
        place = np.argsort(self.order)
        return [each[np.argsort(place[each])] for each in likely]

    def scores(self, X: Matrix) -> FloatArray:
        """Log-probabilities, (n, C)."""
        texts = texts_in(X)
        offered = self.offered(texts)
        asks = [self._ask(text, codes) for text, codes in zip(texts, offered, strict=True)]
        with self.model.connect() as client:
            answers = client.answers(asks)
        odds = [self._odds(*each) for each in zip(answers, offered, strict=True)]
        found = np.array(odds, dtype=float).reshape(len(texts), len(self.options))
        return np.asarray(np.log(found), dtype=np.float32)

    def _ask(self, text: str, codes: IntArray) -> Ask:
        given = [self.options[code] for code in codes]
        return choice(
            given, text, temperature=self.model.temperature, seed=self.seed, limit=self.model.limit
        )

    def _odds(self, answer: Answer | None, codes: IntArray) -> FloatArray:
        """Probabilities of every class; those of the training part where no answer can be used."""
        if answer is None:
            return self.share
        said = read_choice(answer, [self.options[code].name for code in codes])
        if not said and said != 0:
            note(**{"failed" if answer.finish == "content_filter" else "unknown": 1})
            return self.share
        odds = np.zeros(len(self.options))
        named = {said: self.model.confidence} if isinstance(said, int) else said
        for place, probability in named.items():
            odds[codes[place]] = probability
        rest = odds == 0
        odds[rest] = max(1 - odds.sum(), FLOOR) / max(rest.sum(), 1)
        return np.asarray(odds / odds.sum())


@dataclass(frozen=True, kw_only=True)
class ChatClassifier(Endpoint, Model):
    """Ask a language model behind a chat address which class a text is of, zero- or few-shot.

    Classes are offered with letters, in one random order, with their descriptions where the data
    have them and ``shots`` training texts each. Where the endpoint gives log-probabilities, those
    of the letters become the scores; where it does not, the class it names gets ``confidence`` and
    the others share the rest. An answer that is no offered class is counted as ``unknown`` and
    scored by the class shares. More classes than ``candidates`` are narrowed down for each text
    by TF-IDF over runs of characters: a class is its name, its description and, with
    ``retriever="rows"``, all its training texts. How often the true class of a validation row was
    among the candidates is counted as ``shortlisted`` of ``shortlists``.

    Every distinct text of the validation and test part is one request. Reads ``words``. Texts are
    cut to 2,000 characters and leave the machine. Scores carry the language model's own prior, not
    that of the rows, so what changes the rows does not apply; post-hoc corrections and calibration
    act on the scores as on any other.

    Parameters
    ----------
    shots : int from 0 to 10, default 0
        Training texts shown of each candidate class, drawn at random; fewer where it has fewer.
    candidates : int from 2 to 26, default 20
        Classes offered at most. Endpoints give the log-probabilities of 20 tokens at most.
    retriever : {"rows", "names"}, default "rows"
        What narrows many classes down: their training texts too, or names and descriptions alone.
    confidence : float in (0, 1), default 0.9
        Probability of the class that was named, where there are no log-probabilities; near 1 no
        correction moves a decision.
    limit : int >= 1, default 8
        Tokens of an answer; raise it for models that think aloud first.
    temperature : float >= 0, default 0

    Raises
    ------
    InputError
        If an argument is out of range.
    NotApplicable
        On features other than words.

    Examples
    --------
    >>> from longshelf.components import show
    >>> show(ChatClassifier(name="qwen3", shots=2, budget=5.0))
    "chat_classifier(name='qwen3', shots=2)"
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset()

    shots: int = 0
    candidates: int = 20
    retriever: Literal["rows", "names"] = "rows"
    confidence: float = 0.9
    limit: int = 8
    temperature: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        limits = {
            "shots": (0, 10), "candidates": (2, len(LETTERS)), "limit": (1, 10**6),
            "temperature": (0, 2),
        }  # fmt: skip
        for name, (least, most) in limits.items():
            if not least <= getattr(self, name) <= most:
                raise InputError(
                    f"chat_classifier's {name} is from {least} to {most}, got {getattr(self, name)}"
                )
        if not 0 < self.confidence < 1:
            raise InputError(f"chat_classifier's confidence is in (0, 1), got {self.confidence}")
        if self.retriever not in ("rows", "names"):
            raise unknown("retriever of chat_classifier", self.retriever, ("rows", "names"))

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedChatClassifier:
        texts = texts_in(X)
        order = rng.permutation(len(targets))
        seed = int(rng.integers(2**31))
        shown = [self._shown(texts, rows.y == code, rng) for code in range(len(targets))]
        options = [Option(*said, shots) for said, shots in zip(_described(targets), shown)]
        share = np.exp(log_share(rows, targets, row_weights(strategy, rows, targets)))
        shortlist = None
        if len(targets) > self.candidates:
            read, code = (texts, rows.y) if self.retriever == "rows" else ([], rows.y[:0])
            shortlist = Shortlist([f"{one.name} {one.about}" for one in options], read, code, share)
            likely = shortlist.of(texts_in(valid.X), self.candidates)
            hits = (likely == valid.rows.y[:, None]).any(axis=1)
            note(shortlisted=int(hits.sum()), shortlists=len(hits))
        return FittedChatClassifier(self, options, order, share, shortlist, seed)

    def _shown(
        self, texts: Sequence[str], own: BoolArray, rng: np.random.Generator
    ) -> tuple[str, ...]:
        rows = np.flatnonzero(own)
        drawn = rng.choice(rows, min(self.shots, len(rows)), replace=False)
        return tuple(texts[i] for i in drawn.tolist())


def _described(targets: Targets) -> list[tuple[str, str]]:
    """Name and description of each class; the class above it where nothing else is known."""
    names = [str(name) for name in targets.names]
    told = targets.text if targets.text is not None else targets.parents
    return list(zip(names, [""] * len(names) if told is None else map(str, told), strict=True))


def texts_in(X: Matrix) -> list[str]:
    """The texts that ``words`` features hand over.

    Raises
    ------
    NotApplicable
        If they are other features.
    """
    if not is_words(X) or X.shape[1] != 1:
        raise NotApplicable("chat_classifier reads one text per row; give it features: words")
    return [str(text) for text in X[:, 0]]
