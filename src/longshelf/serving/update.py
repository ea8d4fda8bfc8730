"""A recommender learns from feedback: new users and items, one sweep over what moved, and a gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.artifact import Recommender
from longshelf.artifact.parity import Compared, compare
from longshelf.errors import InputError, NotApplicable
from longshelf.metrics.measured import VALUES, Measured
from longshelf.serving.engine import Engine, Wish
from longshelf.tables import FloatArray, IntArray

__all__ = ["Outcome", "Update"]

ACTS = ("click", "cart", "purchase")
RIDGE = 1.0


@dataclass(frozen=True)
class Outcome:
    """What feedback taught, and whether it may ship.

    Parameters
    ----------
    made : Recommender
        After the update; to be served only where ``ships``.
    learned, held, unknown : int
        Acts learned from, kept to judge by, and of items nobody knows.
    users, items : int
        New ones.
    slices : list of Compared
        Recall on the acts kept, before and after, on all, head, torso and tail.
    """

    made: Recommender
    learned: int
    held: int
    unknown: int
    users: int
    items: int
    slices: list[Compared] = field(default_factory=list)

    @property
    def ships(self) -> bool:
        """Every slice can be judged, and none fell."""
        return bool(self.slices) and all(one.passes for one in self.slices)

    def sentence(self) -> str:
        """What was done, in words."""
        told = (
            f"{self.learned:,} acts learned, {self.held:,} kept to judge by, {self.users:,} new users, "
            f"{self.items:,} new items"
        )
        if self.ships:
            return f"{told}: no slice fell, it may ship"
        wrong = [
            f"{one.slice} has {one.support} acts, too few to judge" if one.verdict == "thin"
            else f"{one.slice} fell from {one.full:.4f} to {one.small:.4f}"
            for one in self.slices if not one.passes
        ]  # fmt: skip
        return f"{told}: rolled back, {'; '.join(wrong) or 'there is nothing to judge by'}"


@dataclass(frozen=True, kw_only=True)
class Update:
    """Learn from acts without fitting anew.

    A new item gets at once the vector its title foretells, by ridge regression of the known items'
    vectors on their titles'; where titles have no vectors, the mean of its category. Then the vectors
    of users who acted, and after them of items that were acted on, are solved for again [1]_, over all
    that is known of them, old and new: the replay. Items that nobody touched stay where they are.

    The latest acts are kept out. The lists the service would give those users before and after are
    held against them, by slice and paired, under the rule of
    :mod:`longshelf.artifact.parity`: a slice that fell, or that has too few acts to tell, rolls the
    update back.

    Parameters
    ----------
    held : float in (0, 1), default 0.2
        Share of the acts, the latest, that judge.
    margin : float > 0, default 0.01
        Recall that may be lost.
    k : int >= 1, default 20
        Length of the lists that are judged.
    alpha : float > 0, default 10.0
        Confidence of an act, as for ``implicit_als``.
    l2 : float >= 0, default 0.01
        Pull of vectors to zero.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback Datasets,
       ICDM 2008, eq. 4 and 5.

    Examples
    --------
    >>> Update(held=0.1).k
    20
    """

    held: float = 0.2
    margin: float = 0.01
    k: int = 20
    alpha: float = 10.0
    l2: float = 0.01

    def __post_init__(self) -> None:
        if not 0 < self.held < 1 or self.k < 1 or self.margin <= 0:
            raise InputError(
                "an update needs held in (0, 1), k of at least 1 and a margin above 0, got "
                f"{self.held}, {self.k} and {self.margin}"
            )
        if self.alpha <= 0 or self.l2 < 0:
            raise InputError(
                f"alpha must be above 0 and l2 at least 0, got {self.alpha}, {self.l2}"
            )

    def learn(
        self, made: Recommender, events: pl.DataFrame, added: pl.DataFrame | None = None
    ) -> Outcome:
        """Learn from what happened since the artifact was made.

        Parameters
        ----------
        made : Recommender
            What is served now; it stays as it is.
        events : polars.DataFrame
            time, kind, user (a pseudonym) and item of each event.
        added : polars.DataFrame or None
            item, title, category and price of new items.

        Raises
        ------
        InputError
            If a column is missing, or there is no act to learn from.
        NotApplicable
            If the vectors carry a bias, which this sweep cannot move.
        """
        if made.biased:
            raise NotApplicable(
                "vectors with a bias are not solved for by least squares; fit the cell again"
            )
        wide = _with_items(made, added)
        acts, unknown = _acts(events, wide)
        told = acts[: len(acts) - max(1, round(self.held * len(acts)))]
        judged = _unseen(acts[len(told) :], told, wide)
        if not len(told) or not len(judged):
            raise InputError(
                f"{len(acts)} acts on items of the catalogue are too few to learn and to judge by; "
                "let the service run on"
            )
        after = self._swept(wide, told)
        slices = self._compared(wide, after, told, judged)
        return Outcome(
            after, len(told), len(judged), unknown,
            users=len(after.users) - len(made.users), items=len(wide.items) - len(made.items),
            slices=slices,
        )  # fmt: skip

    def _swept(self, made: Recommender, acts: _Acts) -> Recommender:
        """The vectors of who acted, then of what was acted on, solved for again."""
        fresh = [user for user in dict.fromkeys(acts.user) if user not in acts.place]
        users = [*made.users, *fresh]
        row = {user: at for at, user in enumerate(users)}
        who = np.array([row[user] for user in acts.user], dtype=np.int64)
        counts = sp.csr_matrix(
            (np.ones(len(who), np.float32), (who, acts.item)), (len(users), len(made.items))
        )
        before = _sized(made.seen, counts.shape)
        seen = ((before + counts) > 0).astype(np.float32).tocsr()
        vectors = np.zeros((len(users), made.items.shape[1]), np.float32)
        vectors[: len(made.users)] = made.vectors
        self._solve(vectors, np.unique(who), made.items, seen)
        items = made.items.copy()
        self._solve(items, np.unique(acts.item), vectors, seen.T.tocsr())
        more = np.asarray((seen - before).sum(axis=0)).ravel().astype(np.int64)
        catalogue = made.catalogue.with_columns(pl.col("count") + pl.Series("count", more))
        return replace(
            made, catalogue=catalogue, items=items, users=users, vectors=vectors, seen=seen
        )

    def _solve(
        self, out: FloatArray, rows: IntArray, other: FloatArray, seen: sp.csr_matrix
    ) -> None:
        """``(YᵀY + α Yᵤᵀ Yᵤ + λ I) x = (1 + α) Σ Yᵤ`` for each row, in place."""
        gram = other.T @ other + self.l2 * np.eye(other.shape[1], dtype=np.float32)
        for row in rows.tolist():
            own = other[seen.indices[seen.indptr[row] : seen.indptr[row + 1]]]
            if len(own):
                right = (1 + self.alpha) * own.sum(axis=0)
                out[row] = np.linalg.solve(gram + self.alpha * own.T @ own, right)

    def _compared(
        self, before: Recommender, after: Recommender, told: _Acts, judged: _Acts
    ) -> list[Compared]:
        """Recall of the acts kept, in the lists of before and after."""
        touched: dict[str, list[int]] = {}
        for user, item in zip(told.user, told.item.tolist()):
            touched.setdefault(user, []).append(item)
        rare = before.catalogue["slice"].to_numpy()[judged.item]
        both = []
        for made, lately in ((before, touched), (after, {})):
            engine = Engine(made)
            lists = {
                user: set(engine.recommend(
                    Wish(user=user, touched=tuple(lately.get(user, ())[-50:]), k=self.k)
                ).codes)
                for user in dict.fromkeys(judged.user)
            }  # fmt: skip
            hit = [item in lists[user] for user, item in zip(judged.user, judged.item.tolist())]
            both.append(_recall(np.array(hit, dtype=float), judged.user, rare, self.k))
        metric = f"recall@{self.k}"
        return compare(*both, metric=metric, decision="list", margin=self.margin)


@dataclass(frozen=True)
class _Acts:
    """Who acted on what, in order; ``place`` knows the users of before."""

    user: list[str]
    item: IntArray
    place: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.user)

    def __getitem__(self, part: slice) -> _Acts:
        return _Acts(self.user[part], self.item[part], self.place)

    @cached_property
    def pairs(self) -> set[tuple[str, int]]:
        return set(zip(self.user, self.item.tolist()))


def _acts(events: pl.DataFrame, made: Recommender) -> tuple[_Acts, int]:
    """Acts on known items, the first of each user and item, in order of time; acts on others."""
    absent = [name for name in ("time", "kind", "user", "item") if name not in events.columns]
    if absent:
        raise InputError(
            f"events lack the column {', '.join(absent)}; they have {', '.join(events.columns)}"
        )
    done = events.filter(pl.col("kind").is_in(ACTS), pl.col("user") != "").sort("time")
    done = done.unique(["user", "item"], keep="first", maintain_order=True)
    code = {item: at for at, item in enumerate(made.catalogue["item"].to_list())}
    known = done.filter(pl.col("item").is_in(list(code)))
    place = {user: row for row, user in enumerate(made.users)}
    codes = np.array([code[item] for item in known["item"].to_list()], dtype=np.int64)
    return _Acts(known["user"].to_list(), codes, place), done.height - known.height


def _unseen(judged: _Acts, told: _Acts, made: Recommender) -> _Acts:
    """Acts on what lists may still hold: nothing the user had, or acted on before."""
    kept = [
        at for at, (user, item) in enumerate(zip(judged.user, judged.item.tolist()))
        if (user, item) not in told.pairs and not _had(made, judged.place.get(user), item)
    ]  # fmt: skip
    return _Acts([judged.user[at] for at in kept], judged.item[kept], judged.place)


def _had(made: Recommender, row: int | None, item: int) -> bool:
    if row is None:
        return False
    return bool(
        (made.seen.indices[made.seen.indptr[row] : made.seen.indptr[row + 1]] == item).any()
    )


def _with_items(made: Recommender, added: pl.DataFrame | None) -> Recommender:
    """The recommender with new items, each where its title or its category lies."""
    if added is None or added.is_empty():
        return made
    new = added.filter(~pl.col("item").is_in(made.catalogue["item"].implode()))
    new = new.unique("item", keep="last", maintain_order=True)
    rows = new.select("item", "title", "category", "price").with_columns(
        count=pl.lit(0, pl.Int64), slice=pl.lit("tail")
    )
    text = made.text
    if made.text is not None and made.encoder is not None:
        from longshelf.models.rank.item_texts import ItemTexts

        titles = new["title"].to_list()
        said = ItemTexts(made.encoder, titles[:1], "an update").encode(titles)
        vectors = _foretold(made, said)
        text = np.concatenate([made.text, said])
    else:
        vectors = _of_category(made, new["category"].to_list())
    return replace(
        made,
        catalogue=pl.concat([made.catalogue, rows], how="vertical_relaxed"),
        items=np.concatenate([made.items, vectors.astype(np.float32)]),
        seen=_sized(made.seen, (len(made.users), len(made.items) + len(new))),
        text=text,
    )


def _sized(seen: sp.csr_matrix, shape: tuple[int, int]) -> sp.csr_matrix:
    """The same entries with room for new users and items."""
    found = sp.csr_matrix(seen, dtype=np.float32, copy=True)
    found.resize(shape)
    return found


def _foretold(made: Recommender, said: FloatArray) -> FloatArray:
    """Ridge regression of items' vectors on their titles', rare items counting less."""
    assert made.text is not None
    weight = np.sqrt(made.catalogue["count"].to_numpy().astype(np.float64))[:, None]
    left, right = made.text * weight, made.items * weight
    gram = left.T @ left + RIDGE * np.eye(left.shape[1])
    return np.asarray(said @ np.linalg.solve(gram, left.T @ right))


def _of_category(made: Recommender, categories: list[str]) -> FloatArray:
    own = made.catalogue["category"].to_numpy()
    mean = {one: made.items[own == one].mean(axis=0) for one in set(categories) & set(own.tolist())}
    nothing = np.zeros(made.items.shape[1], np.float32)
    return np.stack([mean.get(one, nothing) for one in categories])


def _recall(hit: FloatArray, user: list[str], named: object, k: int) -> Measured:
    """Recall by slice as the gate reads it; an act is a row, a user a unit."""
    names, n = np.asarray(named), len(hit)
    values, units = [], {}
    for name in ("all", "head", "torso", "tail"):
        inside = np.ones(n, bool) if name == "all" else names == name
        if inside.any():
            mean = float(hit[inside].mean())
            axis = "all" if name == "all" else "target"
            values.append({"metric": f"recall@{k}", "decision": "list", "slice_axis": axis,
                           "slice": name, "value": mean, "support": int(inside.sum())})  # fmt: skip
            units[f"list|recall@{k}|{name}"] = np.where(inside, hit - mean, 0) * n / inside.sum()
    schema = {name: kind for name, kind in VALUES.items() if name in values[0]}
    return Measured(
        values=pl.DataFrame(values, schema_overrides=schema),
        units=pl.DataFrame({"id": np.arange(n), "unit": user, **units}),
        per_target=pl.DataFrame(), reliability=pl.DataFrame(),
    )  # fmt: skip
