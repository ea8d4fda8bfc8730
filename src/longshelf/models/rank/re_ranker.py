"""A first stage, and boosted trees that reorder its candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.components import build, show
from longshelf.errors import InputError, NotApplicable
from longshelf.features.words import is_words
from longshelf.models.base import Model
from longshelf.models.rank.pairs import Held, Pairs, hold_back
from longshelf.models.rank.scorer import Scorer
from longshelf.models.rank.vectors import threads
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Ranking, Rows, Targets, Valid, take

__all__ = ["FittedReRanker", "ReRanker"]

BLOCK = 512
"""Sources re-ranked at once."""


@dataclass(frozen=True)
class FittedReRanker(Scorer):
    """A first stage with its signals, and the trees.

    Parameters
    ----------
    pairs : Pairs
    booster : lightgbm.Booster
    depth : int
    """

    pairs: Pairs
    booster: Any
    depth: int

    @property
    def parameters(self) -> int:
        return sum(int(tree["num_leaves"]) for tree in self.booster.dump_model()["tree_info"])

    def scores(self, X: Matrix) -> FloatArray:
        """Scores of the candidates, above 0; 0 for all others; (n, C)."""
        scores = np.zeros((X.shape[0], self.pairs.targets), dtype=np.float32)
        ids, found = self._reordered(X, self.depth, None)
        row, place = np.nonzero(ids >= 0)
        lowest = found.min(initial=np.inf, where=ids >= 0)
        scores[row, ids[row, place]] = found[row, place] - lowest + 1
        return scores

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The k best candidates, without what was ``seen``."""
        parts = []
        for start in range(0, X.shape[0], BLOCK):
            left = None if seen is None else seen[start : start + BLOCK]
            parts.append(self._reordered(X[start : start + BLOCK], max(k, self.depth), left))
        ids, scores = (np.concatenate(side)[:, :k] for side in zip(*parts))
        return Ranking(sources=np.arange(len(ids)), ids=ids, scores=scores)

    def _reordered(
        self, X: Matrix, depth: int, seen: sp.csr_matrix | None
    ) -> tuple[IntArray, FloatArray]:
        ids = self.pairs.candidates(X, depth, seen)
        row, place = np.nonzero(ids >= 0)
        scores = np.full(ids.shape, -np.inf, dtype=np.float32)
        described = self.pairs.describe(X, ids)
        scores[row, place] = self.booster.predict(
            described[row, place], raw_score=True, num_threads=threads()
        )
        order = np.argsort(-scores, axis=1, kind="stable")
        return np.take_along_axis(ids, order, 1), np.take_along_axis(scores, order, 1)


@dataclass(frozen=True, kw_only=True)
class ReRanker(Model):
    """Reorder the candidates of a first stage by LambdaMART [1]_ over features of the pair.

    A pair is described by: the first stage's score and reciprocal rank; the score of every signal,
    which is a model of its own (BM25, cosine of texts, popularity, co-occurrence); where the
    features are ``words``, the share of the query's words the item has, and their overlap with all
    words of both; where items have categories, the share of the source's items in the item's.

    The trees learn from what was held back from the models beneath: every other query with its
    judged items, or the last fifth of each source's rows; then first stage and signals are fitted
    on all. Reads ``words``, ``ids`` or ``history``. Row weights count for the held-back rows too;
    the grades of judgements are the labels.

    Parameters
    ----------
    first : str or None, default None
        The first stage, by name with its arguments; None is bm25 for words, item_knn otherwise.
    signals : tuple of str or None, default None
        None is bm25, the cosine of TF-IDF vectors and popularity for words, item_knn, popularity
        and, where items have text, the cosine of TF-IDF vectors otherwise.
    depth : int >= 2, default 100
        Candidates per source.
    trees : int >= 1, default 200
    leaves : int >= 2, default 15
    rate : float > 0, default 0.05
    most : int >= 1, default 5000
        Sources the trees learn from.

    Raises
    ------
    InputError
        If a model is unknown or ranks no items, or an argument is out of range.

    References
    ----------
    .. [1] Burges, From RankNet to LambdaRank to LambdaMART: An Overview, 2010, section 7;
       by LightGBM, Ke et al., NeurIPS 2017.

    Examples
    --------
    >>> ReRanker(first="bm25", depth=50).first
    'bm25'
    """

    abstract: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    first: str | None = None
    signals: tuple[str, ...] | None = None
    depth: int = 100
    trees: int = 200
    leaves: int = 15
    rate: float = 0.05
    most: int = 5000

    def __post_init__(self) -> None:
        if self.first is not None:
            object.__setattr__(self, "first", show(build("model", self.first)))
        if self.signals is not None:
            named = tuple(show(build("model", name)) for name in self.signals)
            object.__setattr__(self, "signals", named)
        for member in (self.first, *(self.signals or ())):
            if member is not None and "item" not in build("model", member).kinds:
                raise InputError(f"re_ranker is built of rankers of items, got {member}")
        least = {"depth": 2, "trees": 1, "leaves": 2, "most": 1}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise InputError(
                    f"re_ranker's {name} must be at least {low}, got {getattr(self, name)}"
                )
        if self.rate <= 0:
            raise InputError(f"re_ranker's rate must be above 0, got {self.rate}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedReRanker:
        held = hold_back(X, rows, targets, self.most, rng)
        below = self._fitted(
            take(X, held.rest), rows.take(held.rest), valid, targets, strategy, rng
        )
        booster = self._grow(below, held, X, rows, targets, strategy, rng)
        pairs = self._fitted(X, rows, valid, targets, strategy, rng)
        return FittedReRanker(pairs, booster, self.depth)

    def _fitted(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Pairs:
        words = is_words(X)
        first = self.first or ("bm25" if words else "item_knn")
        signals = self.signals
        if signals is None and words:
            signals = ("bm25", "dense_retrieval(encoder='tf_idf')", "most_popular")
        elif signals is None:
            text = () if targets.text is None else ("text_item_knn(encoder='tf_idf')",)
            signals = ("item_knn", "most_popular", *text)
        models = [build("model", name) for name in (first, *signals)]
        for model in models:
            model.check(strategy, targets)
        fitted = [model.fit(X, rows, valid, targets, strategy, rng) for model in models]
        return Pairs.of(X, rows, targets, fitted[0], fitted[1:])

    def _grow(
        self,
        pairs: Pairs,
        held: Held,
        X: Matrix,
        rows: Rows,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Any:
        import lightgbm

        described, labels, weights, sizes = [], [], [], []
        weigh = strategy.weigh(rows, targets)
        for start in range(0, len(held.asked), BLOCK):
            some = slice(start, start + BLOCK)
            asked = take(X, held.asked[some])
            seen = None if held.seen is None else held.seen[some]
            ids = pairs.candidates(asked, self.depth, seen)
            grade, weight = held.labels(ids, some, rows, weigh)
            kept = (ids >= 0) & np.any(grade > 0, axis=1, keepdims=True)
            described.append(pairs.describe(asked, ids)[kept])
            labels.append(grade[kept])
            weights.append(weight[kept])
            sizes.append(kept.sum(axis=1)[kept.any(axis=1)])
        grades, label = np.unique(np.concatenate([[0.0], *labels]), return_inverse=True)
        if len(grades) < 2:
            raise NotApplicable(
                "re_ranker found nothing to learn from: no candidate of the first stage was chosen "
                "in the rows held back; raise depth, or take another first stage"
            )
        settings = {
            "objective": "lambdarank",
            "num_leaves": self.leaves,
            "learning_rate": self.rate,
            "seed": int(rng.integers(2**31)),
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": threads(),
            "label_gain": [float(grade) for grade in grades],
            "verbosity": -1,
        }
        data = lightgbm.Dataset(
            np.concatenate(described), label[1:], weight=np.concatenate(weights),
            group=np.concatenate(sizes), params=settings,
        )  # fmt: skip
        return lightgbm.train(settings, data, self.trees)
