"""The service: what each endpoint answers, apart from HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from dataclasses import asdict
from functools import partial

from longshelf.artifact import pseudonym, read_key
from longshelf.errors import LongShelfError
from longshelf.serving.access import Access, read_keys
from longshelf.serving.batcher import Batcher, Busy
from longshelf.serving.cache import open_cache
from longshelf.serving.config import Config
from longshelf.serving.dials import Dials, read_dials
from longshelf.serving.events import Events, Full, Record, Unsaved, Writer, new_id, open_events
from longshelf.serving.holding import Holding, hold, read_reranker, signature
from longshelf.serving.lists import Lists
from longshelf.serving.meters import Meters
from longshelf.serving.plan import Plan, read_plan
from longshelf.serving.problems import Problem
from longshelf.serving.schemas import (
    Catalogue,
    Class,
    ClassifyAnswer,
    ClassifyRequest,
    DescribeAnswer,
    DescribeRequest,
    FeedbackAnswer,
    FeedbackRequest,
)  # fmt: skip
from longshelf.serving.touches import Touches

__all__ = ["Service"]

LOG = logging.getLogger("longshelf.serving")
SLOW = 10.0
"""Seconds a classification or a description may take."""


class Service(Lists):
    """State of one worker.

    Parameters
    ----------
    config : Config
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.key = read_key(config.key_file or None)
        keys = read_keys(config.api_keys) if config.api_keys else {}
        self.access = Access(keys, config.rate)
        self.meters = Meters()
        self.cache = open_cache(config.cache)
        self.touches = Touches()
        self.writer = Writer(
            partial(open_events, config.events), bound=config.queue, patience=config.store_within
        )
        self.reranker: Batcher[tuple[str, tuple[str, ...]], list[float]] | None = None
        if config.reranker:
            again = read_reranker(config.reranker)
            self.reranker = Batcher(
                lambda asked: [list(again(query, list(titles))) for query, titles in asked],
                most=4, bound=16, name="rerank",
            )  # fmt: skip
        self.holding: Holding
        self.plan, self.dials = Plan(), Dials()
        self.ready, self.rejected, self.unreadable = False, "", ""
        self._signature: tuple[object, ...] = ()
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Catch up on events, load without those who were forgotten, warm up, and begin to watch."""
        self._signature = signature(self.config.artifacts)
        events = await asyncio.to_thread(open_events, self.config.events)
        await self._catch_up(events)
        self.holding = await asyncio.to_thread(hold, self.config.artifacts, self.touches.forgotten)
        self._settings()
        self.writer.start()
        self.ready = True
        self._watching = asyncio.create_task(self._watch(events))

    async def stop(self) -> None:
        """Write every event that was taken, and let go."""
        self.ready = False
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if lost := await asyncio.to_thread(self.writer.stop):
            LOG.error("records not written at the end: %d", lost)
        if self.cache is not None:
            await self.cache.close()
        self.holding.close()
        if self.reranker is not None:
            self.reranker.close()

    def _settings(self) -> None:
        """Trial and live settings from their files, all or nothing."""
        config = self.config
        plan = read_plan(config.trial, len(self.holding.engines)) if config.trial else Plan()
        dials = read_dials(config.dials) if config.dials else Dials()
        self.plan, self.dials = plan, dials

    async def _catch_up(self, events: Events) -> None:
        try:
            self.touches.learn(await asyncio.to_thread(self.touches.news, events))
            self.unreadable = ""
        except Exception as error:
            self.unreadable = type(error).__name__

    async def _watch(self, events: Events) -> None:
        """Look for events of other workers, other artifacts, other settings."""
        try:
            while True:
                await asyncio.sleep(self.config.every)
                await self._catch_up(events)
                await self._exchange()
                try:
                    self._settings()
                except Exception as error:
                    self._reject("settings", _said(error))
                self.meters.waiting.set(self.writer.waiting)
                if self.cache is not None:
                    self.meters.hits.set(self.cache.hits)
        finally:
            events.close()

    async def _exchange(self) -> None:
        """Take a newer artifact once it is loaded and warm; keep the old one if it is corrupt."""
        try:
            now = signature(self.config.artifacts)
        except OSError:
            return
        if now == self._signature:
            return
        try:
            fresh = await asyncio.to_thread(hold, self.config.artifacts, self.touches.forgotten)
        except Exception as error:
            self._signature = now
            self._reject("artifact", _said(error))
            self.meters.reloads.labels("rejected").inc()
            return
        self._signature = now
        before, self.holding, self.rejected = self.holding, fresh, ""
        before.close()
        self.meters.reloads.labels("taken").inc()
        LOG.warning("took another artifact: %s", ", ".join(fresh.names))

    def _reject(self, what: str, why: str) -> None:
        said = f"{what}: {why}"
        if said != self.rejected:
            LOG.error("kept what was there; %s", said)
        self.rejected = said

    def person(self, user: str | None) -> str:
        """The pseudonym of a user; "" of nobody."""
        return pseudonym(user, self.key) if user else ""

    async def feedback(self, asked: FeedbackRequest) -> FeedbackAnswer:
        """Store an act; the answer comes after the commit."""
        user = self.person(asked.user)
        arm = self.plan.arm_of(user) if user and asked.surface == "recommend" else None
        mixed = arm is None or self.plan.interleaved
        kind = self._slice(asked.item)
        event = new_id() if asked.event is None else _scoped(user, asked)
        record = Record(
            event=event, time=time.time(), kind=asked.kind, request=asked.request, user=user,
            surface=asked.surface, items=[asked.item], positions=[asked.position], slices=[kind],
            scores=[None], trial=arm.trial if arm else "", group=asked.group,
            arm="" if mixed or arm is None else arm.name,
            propensity=None if mixed or arm is None else arm.propensity,
        )  # fmt: skip
        try:
            await self.writer.save(record)
        except (Full, Unsaved) as error:
            raise Problem(503, str(error), retry=1.0) from None
        self.touches.add(user, asked.item)
        self.meters.acts.labels(asked.kind, kind or "unknown", record.arm).inc()
        return FeedbackAnswer(event=event)

    def _slice(self, item: str) -> str:
        for engine in self.holding.engines:
            code = engine.goods.code_of.get(item)
            if code is not None:
                return engine.goods.slices[code]
        return ""

    async def classify(self, asked: ClassifyRequest) -> ClassifyAnswer:
        """Decisions and calibrated probabilities."""
        classes = self.holding.classes
        if classes is None:
            raise Problem(404, "this service holds no classifier")
        try:
            found = await classes.ask(asked.rows, SLOW)
        except (Busy, TimeoutError):
            raise Problem(503, "too many rows are asked for at once", retry=1.0) from None
        return ClassifyAnswer(
            artifact=str(classes.made.manifest["name"]),
            decisions=[decided for decided, _ in found],
            likeliest=[[Class(**one) for one in likely] for _, likely in found],
        )

    async def describe(self, asked: DescribeRequest) -> DescribeAnswer:
        """A product text, and what it says of what was asked for."""
        texts = self.holding.texts
        if texts is None:
            raise Problem(
                404,
                "this service holds no writer; export a cell of the task generate, and serve it",
            )
        try:
            found = await texts.ask(asked.category, asked.attributes, SLOW)
        except (Busy, TimeoutError):
            raise Problem(503, "too many texts are asked for at once", retry=1.0) from None
        return DescribeAnswer(artifact=str(texts.made.manifest["name"]), **asdict(found))

    def catalogue(self) -> Catalogue:
        """What a shop window needs to know."""
        holding, plan = self.holding, self.plan
        engine = holding.engines[0] if holding.engines else None
        shelves = [] if engine is None else [name for name in engine.goods.shelves if name]
        return Catalogue(
            name=holding.names[0], categories=shelves, users=list(self.config.shown_users),
            meaning=holding.meaning is not None, tail=self.dials.tail,
            diversity=self.dials.diversity, trial=plan.trial.name if plan.trial else "",
            arms=list(plan.arms),
        )  # fmt: skip


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, LongShelfError) else type(error).__name__


def _scoped(user: str, asked: FeedbackRequest) -> str:
    """A caller's id, made so that only the very same act is the same event."""
    parts = (user, asked.event, asked.kind, asked.item, asked.request)
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        said = str(part).encode()
        digest.update(len(said).to_bytes(4) + said)
    return digest.hexdigest()
