"""Endpoints that answer with items."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import orjson

from longshelf.serving.batcher import Batcher
from longshelf.serving.engine import Answer, Engine, Wish
from longshelf.serving.events import Full, exposure, new_id
from longshelf.serving.goods import Filter
from longshelf.serving.plan import PLAIN, Arm
from longshelf.serving.problems import Problem
from longshelf.serving.schemas import (
    ExplainRequest,
    RecommendRequest,
    RelatedRequest,
    SearchRequest,
)  # fmt: skip
from longshelf.trials import arranged, team_draft

if TYPE_CHECKING:
    from longshelf.serving.cache import Cache
    from longshelf.serving.config import Config
    from longshelf.serving.dials import Dials
    from longshelf.serving.events import Writer
    from longshelf.serving.holding import Holding
    from longshelf.serving.meters import Meters
    from longshelf.serving.plan import Plan
    from longshelf.serving.touches import Touches

__all__ = ["Lists"]

LOOKED = 50
"""Results that are looked at a second time."""
REMEMBERED = 50


class Lists:
    """Recommending, searching, related items, and why; :class:`Service` gives it its state."""

    config: Config
    holding: Holding
    plan: Plan
    dials: Dials
    touches: Touches
    cache: Cache | None
    writer: Writer
    meters: Meters
    reranker: Batcher[tuple[str, tuple[str, ...]], list[float]] | None

    def person(self, user: str | None) -> str:
        """The pseudonym of a user."""
        raise NotImplementedError

    async def recommend(self, asked: RecommendRequest) -> bytes:
        """A list for a user; what it shows is handed to the writer before the answer goes out."""
        self._room()
        request, user = new_id(), self.person(asked.user)
        arm = self.plan.arm_of(user or request)
        if self.plan.interleaved and self.plan.trial is not None:
            return await self._drafted(asked, request, user)
        engine, wish = self._wish(asked, user, arm)
        answer = await self._answer(engine, wish)
        if arm.name:
            order = arranged(arm.name, range(len(answer.codes)), request)
            answer = _taken(answer, order)
        return self._told(request, user, asked, engine, answer, arm=arm, wish=wish)

    async def _drafted(self, asked: RecommendRequest, request: str, user: str) -> bytes:
        """Both arms' lists in one; items of the first arm's catalogue."""
        one, two = self.plan.arms.values()
        engine, wish = self._wish(asked, user, one)
        other, wished = self._wish(asked, user, two)
        first, second = await self._answer(engine, wish), await self._answer(other, wished)
        if other is not engine:
            second = _across(second, other, engine)
        coins = np.random.default_rng(int(request.replace("-", ""), 16))
        codes, teams = team_draft(first.codes, second.codes, asked.k, coins)
        worth = dict(zip(second.codes, second.scores)) | dict(zip(first.codes, first.scores))
        picked = cast("list[int]", codes)
        answer = Answer(picked, [worth[code] for code in picked], first.basis)
        names = [(one, two)[team].name for team in teams]
        arm = Arm(trial=one.trial)
        return self._told(request, user, asked, engine, answer, arm=arm, wish=wish, arms=names)

    def _engine(self, arm: Arm) -> Engine:
        if not self.holding.engines:
            raise Problem(404, "this service holds no recommender")
        return self.holding.engines[min(arm.artifact, len(self.holding.engines) - 1)]

    def _wish(self, asked: RecommendRequest, user: str, arm: Arm) -> tuple[Engine, Wish]:
        engine = self._engine(arm)
        dials = self.dials.turned(arm.dials) if arm.dials else self.dials
        if asked.tail is not None or asked.diversity is not None:
            dials = _turned(dials, asked.tail, asked.diversity)
        touched = self._touched(engine, user, asked.session)
        known = self.touches.known(user)
        return engine, Wish(
            user=known, touched=touched, k=asked.k, filter=_filter(asked), dials=dials,
            again=asked.again,
        )  # fmt: skip

    def _touched(self, engine: Engine, user: str, session: Sequence[str]) -> tuple[int, ...]:
        """Codes of what a user acted on, events first, then the session; the latest are kept."""
        items = [*self.touches.of(user), *session]
        latest = dict.fromkeys(reversed(engine.goods.codes(items)))
        return tuple(reversed(list(latest)[:REMEMBERED]))

    async def _answer(self, engine: Engine, wish: Wish) -> Answer:
        if self.cache is None:
            return engine.recommend(wish)
        wanted, dials = wish.filter, wish.dials
        key = orjson.dumps(
            [
                engine.version, wish.user, wish.touched, wish.k, wanted.category, wanted.low,
                wanted.high, dials.tail, dials.diversity, dials.depth, wish.again,
            ]
        ).decode()  # fmt: skip
        if (kept := await self.cache.get(key)) is not None:
            return Answer(*orjson.loads(kept))
        answer = engine.recommend(wish)
        await self.cache.put(key, orjson.dumps([answer.codes, answer.scores, answer.basis]))
        return answer

    async def search(self, asked: SearchRequest) -> bytes:
        """Items for words; goes on without meaning, or without a second look, where these fail."""
        self._room()
        holding = self.holding
        search, engine = holding.search, self._engine(PLAIN)
        if search is None:
            raise Problem(404, "this service holds no catalogue")
        degraded = ["meaning"] if holding.silent else []
        vector = None
        if holding.meaning is not None:
            try:
                vector = await holding.meaning.ask(asked.query, self.config.encode_within)
            except Exception:
                degraded.append("meaning")
        found = search.first(asked.query, vector, _filter(asked))
        codes, scores = found.codes.tolist(), found.scores.tolist()
        if self.reranker is not None and codes:
            titles = tuple(engine.goods.titles[code] for code in codes[:LOOKED])
            try:
                worth = await self.reranker.ask((asked.query, titles), self.config.rerank_within)
                order = _falling(worth, len(titles))
                codes = [codes[at] for at in order] + codes[LOOKED:]
                scores = [float(worth[at]) for at in order] + scores[LOOKED:]
            except Exception:
                degraded.append("reranker")
        for part in degraded:
            self.meters.degraded.labels(part).inc()
        answer = Answer(codes[: asked.k], scores[: asked.k], "query")
        user = self.person(asked.user)
        return self._told(
            new_id(), user, asked, engine, answer, surface="search", degraded=degraded
        )

    async def related(self, asked: RelatedRequest) -> bytes:
        """Items like an item."""
        self._room()
        engine = self._engine(PLAIN)
        code = self._code(engine, asked.item)
        answer = engine.related(code, asked.k, _filter(asked))
        user = self.person(asked.user)
        return self._told(new_id(), user, asked, engine, answer, surface="related")

    async def explain(self, asked: ExplainRequest) -> dict[str, Any]:
        """Which of the user's items pulled an item."""
        user = self.person(asked.user)
        engine = self._engine(self.plan.arm_of(user) if user else PLAIN)
        code = self._code(engine, asked.item)
        known = self.touches.known(user)
        touched = self._touched(engine, user, asked.session)
        why = engine.explain(known, touched, code)
        return {"item": asked.item, "basis": why.basis, "because": _because(engine, why)}

    def _code(self, engine: Engine, item: str) -> int:
        code = engine.goods.code_of.get(item)
        if code is None:
            raise Problem(404, "this item is not in the catalogue")
        return code

    def _room(self) -> None:
        """Turn a request away whose list could not be recorded."""
        if self.writer.waiting >= self.writer.bound:
            self.meters.shed.labels("events").inc()
            raise Problem(503, "events wait to be written", retry=1.0)

    def _told(
        self,
        request: str,
        user: str,
        asked: RecommendRequest | SearchRequest | RelatedRequest,
        engine: Engine,
        answer: Answer,
        *,
        surface: str = "recommend",
        arm: Arm = PLAIN,
        wish: Wish | None = None,
        arms: Sequence[str] = (),
        degraded: Sequence[str] = (),
    ) -> bytes:
        """The answer as JSON, and the record of what it shows."""
        codes, shown = answer.codes, engine.goods.shown
        rows = [shown[code] for code in codes]
        slices = [kind for _, _, kind in rows]
        scores = orjson.dumps(np.array(answer.scores).round(6).tolist())
        positions, places = _places(len(codes))
        if codes:
            line = exposure(
                request=request, time=time.time(), user=user, surface=surface, trial=arm.trial,
                arm=arm.name, propensity=arm.propensity, group=asked.group, slices=slices,
                items=b"[%b]" % b",".join([quoted for _, quoted, _ in rows]),
                positions=positions, scores=scores, arms=arms,
            )  # fmt: skip
            try:
                self.writer.offer(line)
            except Full as error:
                raise Problem(503, str(error), retry=1.0) from None
        self.meters.shown(surface, slices, arm.name)
        worth = scores[1:-1].split(b",")
        items = [told + score + place for (told, _, _), score, place in zip(rows, worth, places)]
        if wish is not None and isinstance(asked, RecommendRequest) and asked.because:
            why = (engine.explain(wish.user, wish.touched, code) for code in codes)
            reasons = (orjson.dumps(_because(engine, one)) for one in why)
            items = [item + b',"because":' + one for item, one in zip(items, reasons)]
        if arms:
            items = [item + b',"arm":' + orjson.dumps(name) for item, name in zip(items, arms)]
        head = orjson.dumps(
            {
                "request": request, "basis": answer.basis, "trial": arm.trial, "arm": arm.name,
                "artifact": engine.version, "degraded": degraded,
            }
        )  # fmt: skip
        whole = b"},".join(items) + b"}" if items else b""
        return b'%b,"items":[%b]}' % (head[:-1], whole)


@cache
def _places(count: int) -> tuple[bytes, list[bytes]]:
    """Positions of a list as JSON: by themselves, and each as an item says it."""
    numbers = range(1, count + 1)
    return orjson.dumps([*numbers]), [b',"position":%d' % number for number in numbers]


@lru_cache(maxsize=1024)
def _turned(dials: Dials, tail: float | None, diversity: float | None) -> Dials:
    own = {"tail": tail, "diversity": diversity}
    return dials.turned({name: one for name, one in own.items() if one is not None})


def _across(answer: Answer, there: Engine, here: Engine) -> Answer:
    """A list in the codes of another catalogue, without what that lacks."""
    found = [
        (code, score)
        for old, score in zip(answer.codes, answer.scores)
        if (code := here.goods.code_of.get(there.goods.items[old])) is not None
    ]
    return Answer([code for code, _ in found], [score for _, score in found], answer.basis)


def _filter(asked: RecommendRequest | SearchRequest | RelatedRequest) -> Filter:
    return Filter(asked.category, asked.price_min, asked.price_max)


def _falling(worth: Sequence[float], count: int) -> list[int]:
    """Places by falling worth; a re-ranker that does not say all of it has failed."""
    said = np.asarray(worth, dtype=float)
    if said.shape != (count,) or not np.isfinite(said).all():
        raise ValueError(f"a re-ranker must give {count} numbers")
    order: list[int] = np.argsort(-said, kind="stable").tolist()
    return order


def _taken(answer: Answer, order: Sequence[int]) -> Answer:
    codes, scores = answer.codes, answer.scores
    return Answer([codes[at] for at in order], [scores[at] for at in order], answer.basis)


def _because(engine: Engine, why: Answer) -> list[dict[str, Any]]:
    goods = engine.goods
    return [
        {"item": goods.items[code], "title": goods.titles[code], "share": round(share, 6)}
        for code, share in zip(why.codes, why.scores)
    ]
