"""What every ranking task shares: lists of targets for sources."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.errors import InputError, NotApplicable
from longshelf.models.base import Head
from longshelf.strategies.posthoc.on_lists import corrected
from longshelf.tables import (
    Context,
    Dataset,
    FloatArray,
    IntArray,
    Matrix,
    Ranking,
    Rows,
    Targets,
    Valid,
)
from longshelf.tasks.base import Outputs, Parts, Task
from longshelf.tasks.interactions import grades, held

if TYPE_CHECKING:
    from longshelf.metrics.measured import Measured
    from longshelf.strategies.base import Strategy

__all__ = ["Ranked"]

SHOWN = 40
"""Sources whose lists are kept to look at."""


@dataclass(frozen=True)
class _Kept:
    """What is kept of a fit, read as the fit itself."""

    outputs: Outputs

    @property
    def parameters(self) -> int:
        return 0

    @property
    def head(self) -> Head | None:
        if "vectors" not in self.outputs:
            return None
        return Head(np.asarray(self.outputs["vectors"]), np.asarray(self.outputs["biases"]))

    def scores(self, X: Matrix) -> FloatArray:
        raise NotApplicable("a finished fit keeps lists, not the scores of other rows")


@dataclass(frozen=True, kw_only=True)
class Ranked(Task):
    """Targets for sources, in lists; every source of the test part gets one.

    Parameters
    ----------
    k : int, default 20
        Cut-off of the metrics.
    depth : int, default 100
        Candidates kept per source, so that re-ranking has something to choose from.
    ks : tuple of int, default ()
        Further cut-offs, none above ``k``.

    Raises
    ------
    InputError
        If ``k`` is below 1 or ``depth`` below ``k``, or a further cut-off is out of range.
    """

    abstract: ClassVar[bool] = True
    judging: ClassVar[frozenset[str]] = frozenset({"k", "ks"})
    illustrated: ClassVar[bool] = True

    k: int = 20
    depth: int = 100
    ks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ks", tuple(self.ks))
        if not all(1 <= k <= self.k for k in self.ks):
            raise InputError(f"{self.title}'s ks must lie from 1 to k={self.k}, got {self.ks}")
        if not 1 <= self.k <= self.depth:
            raise InputError(
                f"{self.title} needs k from 1 to depth, got k={self.k}, depth={self.depth}"
            )

    @property
    def primary(self) -> str:
        return f"ndcg@{self.k}"

    @property
    def length(self) -> int:
        """Places of a list that judging needs."""
        return self.k

    def strata(self, rows: Rows, targets: Targets) -> IntArray:
        return np.asarray(rows.code)

    def hidden(self, parts: Parts) -> sp.csr_matrix | None:
        """Targets no list of a source may hold, (sources, C), or None."""
        return None

    def relevant(self, parts: Parts) -> sp.csr_matrix:
        """Grade of every target for every source in the test part; (sources, C)."""
        return grades(parts.test, parts.problem)

    def outputs(self, fitted: Any, parts: Parts, X_valid: Matrix, X_test: Matrix) -> Outputs:
        sources, first = np.unique(np.asarray(parts.test.source), return_index=True)
        hidden = self.hidden(parts)
        left_out = None if hidden is None else hidden[sources]
        ranking = fitted.rank(X_test[first], self.depth, left_out)
        arrays = {"sources": sources, "ids": ranking.ids, "scores": ranking.scores}
        head = fitted.head
        return arrays if head is None else {**arrays, "vectors": head.weight, "biases": head.bias}

    def conclude(self, outputs: Outputs, parts: Parts, valid: Valid, strategy: Strategy) -> Ranking:
        kept = {name: np.asarray(outputs[name]) for name in ("sources", "ids", "scores")}
        ranking = Ranking(sources=kept["sources"], ids=kept["ids"], scores=kept["scores"])
        context = Context(
            targets=parts.targets, slices=parts.slices, history=held(parts.problem, parts.train),
            vectors=outputs.get("vectors"),
        )  # fmt: skip
        if "correct" in strategy.hooks:
            targets = replace(parts.targets, seen=np.asarray(outputs["seen"], dtype=float))
            remedy = strategy.correct(_Kept(outputs), valid, targets)  # hook: correct
            ranking = corrected(ranking, remedy, targets)
        return strategy.rerank(ranking, context).top(self.length)  # hook: rerank

    def judged(self, parts: Parts) -> sp.csr_matrix | None:
        """Which targets were judged for each source, of whatever grade, or None; (sources, C)."""
        return None

    def measure(self, predicted: Ranking, parts: Parts) -> Measured:
        return self.evaluated(predicted, parts)

    def evaluated(self, predicted: Ranking, parts: Parts, **asked: Any) -> Measured:
        """What :func:`evaluate_ranking` finds, told all that the parts know."""
        from longshelf.metrics import evaluate_ranking

        sources, first = np.unique(np.asarray(parts.test.source), return_index=True)
        row = first[np.searchsorted(sources, predicted.sources)]
        judged = self.judged(parts)
        return evaluate_ranking(
            predicted, self.relevant(parts)[predicted.sources], parts.targets, parts.slices,
            k=self.k, ks=self.ks, groups=parts.test.groups[row] if parts.test.groups.width else None,
            history=held(parts.problem, parts.train),
            judged=None if judged is None else judged[predicted.sources], **asked,
        )  # fmt: skip

    def described(self, dataset: Dataset) -> pl.DataFrame | None:
        """The table whose first column names the sources and whose ``text`` tells what they say."""
        return dataset.sources

    def _called(self, parts: Parts, sources: IntArray) -> NDArray[np.str_]:
        """What sources say, where a table tells it, else their names; each is called once."""
        names = parts.problem.sources[sources]
        table = self.described(parts.problem.dataset)
        if table is None or "text" not in table.columns:
            return names
        text = dict(table.select(pl.first().cast(pl.String), "text").iter_rows())
        told = [text.get(name) or name for name in names]
        twice = Counter(told)
        pairs = zip(told, names, strict=True)
        return np.array([one if twice[one] == 1 else f"{one} ({name})" for one, name in pairs])

    def examples(self, predicted: Ranking, parts: Parts) -> pl.DataFrame:
        """source, rank, target, text, slice, hit: the lists of a few sources, the same for all."""
        some = np.random.default_rng(0).permutation(len(predicted.sources))[:SHOWN]
        sources, ids = predicted.sources[some], predicted.ids[some, : self.k]
        at, place = np.nonzero(ids >= 0)
        codes = ids[at, place]
        text = parts.targets.names if parts.targets.text is None else parts.targets.text
        names = np.array(["head", "torso", "tail"])
        hits = np.asarray(self.relevant(parts)[sources[at], codes]).ravel() > 0
        return pl.DataFrame(
            {
                "source": self._called(parts, sources)[at], "rank": place + 1,
                "target": parts.targets.names[codes], "text": text[codes],
                "slice": names[parts.slices.of[codes]], "hit": hits,
            }
        )  # fmt: skip
