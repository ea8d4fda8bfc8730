"""Between a writer and the training part: asks in rounds, and lets through what is new and clean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from longshelf.components import build, snake
from longshelf.errors import InputError
from longshelf.generators.base import Corpus, Draft, Generator, Writer
from longshelf.generators.filters.base import Batch, Filter, Judge
from longshelf.generators.ledger import Ledger
from longshelf.generators.personal import personal
from longshelf.tables import FloatArray, IntArray

__all__ = ["Editor", "Written", "filters_of", "name_of"]


def name_of(component: Generator | Filter) -> str:
    """What rows and ledgers call a generator or filter.

    Examples
    --------
    >>> from longshelf.generators import Ngram
    >>> name_of(Ngram(order=3))
    'ngram'
    """
    return snake(type(component).__name__)


def filters_of(specs: Iterable[Filter | str]) -> tuple[Filter, ...]:
    """Filters by name or as they are.

    Raises
    ------
    InputError
        If one is unknown or named twice.
    """
    filters: tuple[Filter, ...] = tuple(build("filter", spec) for spec in specs)
    names = [name_of(one) for one in filters]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"name each filter once, got {', '.join(twice)} several times")
    return filters


@dataclass
class Written:
    """Texts that were let through, in the order they came.

    Parameters
    ----------
    texts : list of m str
    seeds : list of m int
        The row of the corpus each was asked for; its other columns go with the text.
    sources : list of m tuples of int
        The rows it was made from; none: from its target's rows at large.
    scores : mapping of filter name to list of m floats
    """

    texts: list[str] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    sources: list[tuple[int, ...]] = field(default_factory=list)
    scores: dict[str, list[float]] = field(default_factory=dict)


class Editor:
    """A generator and its filters, fitted on training texts.

    Parameters
    ----------
    generator : Generator
    filters : sequence of Filter
        Asked in this order; a draft one refuses is not shown to the next.
    corpus : Corpus
    rng : numpy.random.Generator
    known : iterable of str
        Texts that are not new, beside those of the corpus.
    tries : int, default 10
        Rounds of asking for what is still missing.
    """

    def __init__(
        self,
        generator: Generator,
        filters: Sequence[Filter],
        corpus: Corpus,
        rng: np.random.Generator,
        known: Iterable[str] = (),
        tries: int = 10,
    ) -> None:
        self.corpus = corpus
        self.tries = tries
        self.copies = type(generator).copies
        self.known = {text.strip() for text in (*corpus.texts, *known)}
        self.writer: Writer = generator.fit(corpus, rng)
        self.judges: list[tuple[str, Judge]] = [
            (name_of(one), one.fit(corpus, rng)) for one in filters
        ]

    def write(self, wanted: Mapping[int, int], ledger: Ledger, rng: np.random.Generator) -> Written:
        """Texts for each target, as many as wanted or as came.

        Parameters
        ----------
        wanted : mapping of target to count
            Of targets with a row in the corpus.
        ledger : Ledger
            Gets what was asked, delivered and dropped.
        rng : numpy.random.Generator
            Draws the seeds and every choice of the writer.
        """
        done = Written(scores={name: [] for name, _ in self.judges})
        own = {code: np.flatnonzero(self.corpus.code == code) for code in wanted}
        left = dict(wanted)
        for code, count in wanted.items():
            ledger.asked[self._name(code)] += count
        for _ in range(self.tries):
            seeds = [rng.choice(own[code], count) for code, count in left.items() if count]
            if not seeds:
                break
            self._round(np.concatenate(seeds), done, left, ledger, rng)
        return done

    def _round(
        self,
        seeds: IntArray,
        done: Written,
        left: dict[int, int],
        ledger: Ledger,
        rng: np.random.Generator,
    ) -> None:
        """Ask once; what passes goes to ``done`` and is no longer left to write."""
        drafts, seeds = self._new(self.writer.write(seeds, rng), seeds, ledger)
        drafts, seeds, scores = self._judged(drafts, seeds, done, ledger)
        for draft, seed in zip(drafts, seeds.tolist(), strict=True):
            code = int(self.corpus.code[seed])
            left[code] -= 1
            ledger.delivered[self._name(code)] += 1
            self.known.add(draft.text)
            done.texts.append(draft.text)
            done.seeds.append(seed)
            done.sources.append(draft.sources)
        for name, values in scores.items():
            done.scores[name] += values.tolist()

    def _new(
        self, asked: Sequence[Draft | None], seeds: IntArray, ledger: Ledger
    ) -> tuple[list[Draft], IntArray]:
        """Drafts with words, without personal data, and not read or written before."""
        kept, places, round_ = [], [], set[str]()
        for place, draft in enumerate(asked):
            text = "" if draft is None else draft.text.strip()
            reason = "empty" if not text else "personal data" if personal(text) else ""
            if not reason and not self.copies and (text in self.known or text in round_):
                reason = "identical"
            if reason or draft is None:
                ledger.dropped[self._name(int(self.corpus.code[seeds[place]]))][reason] += 1
                continue
            round_.add(text)
            kept.append(Draft(text, draft.sources))
            places.append(place)
        return kept, seeds[places]

    def _judged(
        self, drafts: list[Draft], seeds: IntArray, done: Written, ledger: Ledger
    ) -> tuple[list[Draft], IntArray, dict[str, FloatArray]]:
        """Drafts that every filter lets through, and what each was judged by."""
        scores: dict[str, FloatArray] = {}
        kept_code = self.corpus.code[np.array(done.seeds, dtype=np.int64)]
        for name, judge in self.judges:
            if not drafts:
                break
            code = self.corpus.code[seeds]
            batch = Batch([draft.text for draft in drafts], code, done.texts, kept_code)
            passes, scores[name] = judge.judge(batch)
            for target, count in Counter(code[~passes].tolist()).items():
                ledger.dropped[self._name(target)][name] += count
            drafts = [draft for draft, fine in zip(drafts, passes, strict=True) if fine]
            seeds = seeds[passes]
            scores = {one: values[passes] for one, values in scores.items()}
        return drafts, seeds, scores

    def _name(self, code: int) -> str:
        return str(self.corpus.names[code])
