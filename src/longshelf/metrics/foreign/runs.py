"""A ranking of another system, measured as our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.errors import InputError, unknown
from longshelf.metrics.foreign.tables import Triples, read_triples
from longshelf.metrics.measured import Measured
from longshelf.metrics.ranking import evaluate_ranking
from longshelf.slices import cut
from longshelf.tables import BoolArray, FloatArray, IntArray, Ranking, Targets
from longshelf.tables.ties import source_keys, tie_rank

__all__ = ["Foreign", "evaluate_run", "read_run"]

Ties = Literal["hash", "trec"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Foreign:
    """A run beside its truth, in numbers.

    Parameters
    ----------
    ranking : Ranking
        One list per source of the truth, empty where the run has none.
    relevant : (u, C) CSR
        Grades above 0.
    judged : (u, C) CSR or None
        Every judgement, where the truth holds some that say not relevant.
    targets : Targets
        Every item any file names, counted in the training file.
    history : (U, C) CSR or None
        What each source had in the training file.
    users : (U,) str array
        Names of the sources; ``ranking.sources`` points into it.
    findings : tuple of str
        What was left out, and how much.
    """

    ranking: Ranking
    relevant: sp.csr_matrix
    judged: sp.csr_matrix | None
    targets: Targets
    history: sp.csr_matrix | None
    users: NDArray[np.str_]
    findings: tuple[str, ...]


def evaluate_run(
    run: str | Path,
    truth: str | Path,
    *,
    train: str | Path | None = None,
    ks: Sequence[int] = (5, 10, 20),
    groups: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    ties: Ties = "hash",
    keep_seen: bool = False,
    pool: str | None = None,
) -> tuple[Measured, Foreign]:
    """Measure a run file against a file of what was relevant.

    Parameters
    ----------
    run : str or Path
        User, item and score or rank; see :func:`longshelf.metrics.foreign.tables.read_triples`.
    truth : str or Path
        User, item and, if wanted, a grade.
    train : str or Path or None
        Interactions known before; without it there is no head, torso and tail.
    ks : sequence of int, default (5, 10, 20)
        Cut-offs; the first is the primary one.
    groups : str or Path or None
        A table whose first column names the user; every other one is a group axis.
    columns : mapping of role to column name or None
        Where the files' own names do not say it.
    ties : {"hash", "trec"}, default "hash"
        Order of equal scores: by a hash fresh for each source, or, as trec_eval does, by falling
        item name after scores are rounded to single precision.
    keep_seen : bool, default False
        Whether a list may hold what its source had in training.
    pool : str or None
        As for :func:`longshelf.metrics.evaluate_ranking`.

    Returns
    -------
    (Measured, Foreign)

    Raises
    ------
    InputError
        A pair listed twice, ranks that are not a permutation, unknown columns, values missing.
    """
    if not ks or min(ks) < 1:
        raise InputError(f"cut-offs must be at least 1, got {list(ks)}")
    read = read_run(
        run, truth, train=train, depth=max(ks), columns=columns, ties=ties, keep_seen=keep_seen,
        condensed=pool == "judged",
    )  # fmt: skip
    natural = read.targets.natural
    measured = evaluate_ranking(
        read.ranking, read.relevant, read.targets, cut(natural), k=ks[0], ks=tuple(ks),
        history=read.history, judged=read.judged, pool=pool,
        groups=None if groups is None else read_groups(groups, read.users[read.ranking.sources]),
    )  # fmt: skip
    return measured, read


def read_run(
    run: str | Path,
    truth: str | Path,
    *,
    train: str | Path | None = None,
    depth: int = 20,
    columns: Mapping[str, str] | None = None,
    ties: Ties = "hash",
    keep_seen: bool = False,
    condensed: bool = False,
) -> Foreign:
    """Bring run, truth and training into one numbering, lists cut at a depth.

    Parameters
    ----------
    run, truth, train, columns, ties, keep_seen
        As for :func:`evaluate_run`.
    depth : int, default 20
        Longest list kept; where judgements are given lists stay whole.
    condensed : bool, default False
        Whether what nobody judged is to be dropped later, so that lists must stay whole.

    Raises
    ------
    InputError
        As for :func:`evaluate_run`.
    """
    if ties not in ("hash", "trec"):
        raise unknown("order of ties", ties, ("hash", "trec"))
    listed = read_triples(run, ("score", "rank"), columns)
    wanted = read_triples(truth, ("grade",), columns, lenient=True)
    known = None if train is None else read_triples(train, (), columns, lenient=True)
    files = [part for part in (wanted, listed, known) if part is not None]
    users, items = _Names.of([f.user for f in files]), _Names.of([f.item for f in files])
    grades = _grades(wanted, users, items)
    history = None if known is None else _counts(known, users, items)
    sources = np.flatnonzero(np.diff(grades.indptr))
    shallow = bool((grades.data > 0).all()) and not condensed
    lists = _Listed.of(listed, users, items, sources)
    findings = [*lists.check(users, items)]
    if history is not None and not keep_seen:
        lists, masked = lists.without(history)
        findings += [f"{masked} listed pairs were in training and are left out"] if masked else []
    ids, scores = lists.cut(len(sources), depth if shallow else None, ties)
    empty = int((ids[:, :1] < 0).sum()) if ids.shape[1] else len(sources)
    if empty:
        findings.append(f"{empty} of {len(sources)} sources have no list and count as missed")
    natural = np.zeros(len(items.names))
    if known is not None:
        natural = np.bincount(items.code(known.item), minlength=len(items.names)).astype(float)
    relevant = grades[sources]
    judged = None if shallow else relevant.copy()
    return Foreign(
        ranking=Ranking(sources=sources, ids=ids, scores=scores),
        relevant=_positive(relevant), judged=judged, history=history, users=users.names,
        targets=Targets(names=items.names, kind="item", natural=natural, seen=natural),
        findings=tuple(findings),
    )  # fmt: skip


def read_groups(path: str | Path, users: NDArray[np.str_]) -> pl.DataFrame:
    """Group columns of these users, missing where the file lacks one; one row per user.

    Raises
    ------
    InputError
        If the table has no second column, or names a user twice.
    """
    place = Path(path)
    table = (
        pl.read_parquet(place)
        if place.suffix in (".parquet", ".pq")
        else pl.read_csv(place, infer_schema=False, separator="\t" if ".tsv" in place.name else ",")
    )
    if table.width < 2:
        raise InputError(f"{path} needs the user in its first column and a group in every other")
    key = table.columns[0]
    table = table.with_columns(pl.all().cast(pl.String))
    if table[key].n_unique() < table.height:
        raise InputError(f"{path} names a user in {key!r} twice; one row per user")
    own = pl.DataFrame({key: users})
    return own.join(table, on=key, how="left", maintain_order="left").drop(key)


@dataclass(frozen=True, eq=False)
class _Names:
    """Names in order, and the code of each category."""

    names: NDArray[np.str_]
    ordered: pl.Series

    @classmethod
    def of(cls, columns: Sequence[pl.Series]) -> _Names:
        every = pl.concat([column.unique() for column in columns]).cast(pl.String).unique().sort()
        return cls(every.to_numpy().astype(np.str_), every)

    def code(self, column: pl.Series) -> IntArray:
        """Position of each name; (n,)."""
        kinds = column.unique()
        place = self.ordered.search_sorted(kinds.cast(pl.String)).to_numpy()
        physical = kinds.to_physical().to_numpy()
        table = np.zeros(int(physical.max()) + 1, dtype=np.int32)
        table[physical] = place
        return np.asarray(table[column.to_physical().to_numpy()])


def _grades(truth: Triples, users: _Names, items: _Names) -> sp.csr_matrix:
    """Grades, judgements of 0 stored; a pair named again must have the same grade."""
    user, item = users.code(truth.user), items.code(truth.item)
    grade = np.ones(len(user)) if truth.number is None else truth.number
    key = user.astype(np.int64) * len(items.names) + item
    _, first, again = np.unique(key, return_index=True, return_inverse=True)
    unlike = np.flatnonzero(grade[first][again] != grade)
    if len(unlike):
        at = unlike[0]
        raise InputError(
            f"{truth.path} grades {len(unlike)} pairs twice and differently, first user "
            f"{users.names[user[at]]!r} and item {items.names[item[at]]!r}; keep one grade"
        )
    shape = (len(users.names), len(items.names))
    matrix = sp.csr_matrix((grade[first] + 0.0, (user[first], item[first])), shape=shape)
    return matrix


def _counts(train: Triples, users: _Names, items: _Names) -> sp.csr_matrix:
    """Who had what before, each pair once."""
    user, item = users.code(train.user), items.code(train.item)
    shape = (len(users.names), len(items.names))
    held = sp.csr_matrix((np.ones(len(user), dtype=np.float32), (user, item)), shape=shape)
    held.sum_duplicates()
    held.data[:] = 1
    return held


def _positive(grades: sp.csr_matrix) -> sp.csr_matrix:
    kept = grades.copy()
    kept.data[kept.data < 0] = 0
    kept.eliminate_zeros()
    return kept


@dataclass(frozen=True, eq=False)
class _Listed:
    """Listed pairs of the sources that count."""

    path: str
    role: str
    source: IntArray
    row: IntArray
    item: IntArray
    number: FloatArray
    elsewhere: int

    @classmethod
    def of(cls, run: Triples, users: _Names, items: _Names, sources: IntArray) -> _Listed:
        user, item = users.code(run.user), items.code(run.item)
        row = np.full(len(users.names), -1, dtype=np.int32)
        row[sources] = np.arange(len(sources))
        own = row[user] >= 0
        number = np.zeros(len(user)) if run.number is None else run.number
        elsewhere = len(np.unique(user[~own]))
        user, item, number = user[own], item[own], number[own]
        return cls(run.path, run.role, user, row[user], item, number, elsewhere)

    def check(self, users: _Names, items: _Names) -> list[str]:
        """Refuse what no list can be; say what is left out."""
        key = np.sort(self.source.astype(np.int64) * len(items.names) + self.item)
        twice = np.flatnonzero(key[1:] == key[:-1])
        if len(twice):
            user, item = divmod(int(key[twice[0]]), len(items.names))
            raise InputError(
                f"{self.path} lists {len(twice)} pairs twice, first user {str(users.names[user])!r} "
                f"and item {str(items.names[item])!r}; keep each once"
            )
        if self.role == "rank":
            self._check_ranks(users)
        if self.elsewhere:
            return [f"{self.elsewhere} sources of the run have nothing in the truth; left out"]
        return []

    def _check_ranks(self, users: _Names) -> None:
        order = np.lexsort((self.number, self.source))
        source, rank = self.source[order], self.number[order]
        start = np.flatnonzero(np.append(True, source[1:] != source[:-1]))
        nth = np.arange(len(rank)) - np.repeat(start, np.diff(np.append(start, len(rank))))
        least = np.repeat(rank[start], np.diff(np.append(start, len(rank))))
        wrong = np.flatnonzero((rank - least != nth) | ((least != 0) & (least != 1)))
        if len(wrong):
            user = source[wrong[0]]
            got = ", ".join(f"{value:g}" for value in rank[source == user][:6])
            raise InputError(
                f"ranks must number each list 1, 2, 3 … without gaps or repeats, but {self.path} "
                f"gives user {str(users.names[user])!r} the ranks {got}; give scores instead, or mend it"
            )

    def without(self, history: sp.csr_matrix) -> tuple[_Listed, int]:
        """The pairs that were not in training, and how many were."""
        size = history.shape[1]
        had = np.repeat(np.arange(history.shape[0]), np.diff(history.indptr)) * size
        key = self.source.astype(np.int64) * size + self.item
        new = ~np.isin(key, had + history.indices)
        kept = replace(
            self, source=self.source[new], row=self.row[new], item=self.item[new],
            number=self.number[new],
        )  # fmt: skip
        return kept, int((~new).sum())

    def cut(self, u: int, depth: int | None, ties: Ties) -> tuple[IntArray, FloatArray]:
        """Ids and scores (u, depth), each list in its order."""
        score = -self.number if self.role == "rank" else self.number
        if ties == "trec":
            score = score.astype(np.float32).astype(float)
            tie: IntArray = -self.item.astype(np.int64)
        else:
            tie = tie_rank(source_keys(self.source), self.item)
        order = np.lexsort((tie, -score, self.row))
        row = self.row[order]
        place = np.arange(len(row)) - np.searchsorted(row, np.arange(u))[row]
        long = int(place.max(initial=-1)) + 1
        width = long if depth is None else min(depth, long)
        kept: BoolArray = place < width
        ids, scores = np.full((u, width), -1), np.full((u, width), -np.inf)
        at = row[kept], place[kept]
        ids[at], scores[at] = self.item[order][kept], score[order][kept]
        return ids, scores
