"""Keys, limits, caches, queues, words, plans and texts, each on its own."""

import asyncio
import hashlib
import socket
import subprocess
import threading
import time

import numpy as np
import pytest

from longshelf.errors import InputError
from longshelf.serving.access import Access, read_keys
from longshelf.serving.batcher import Batcher, Busy
from longshelf.serving.cache import Local, Shared, open_cache
from longshelf.serving.lexical import Lexical
from longshelf.serving.plan import read_plan
from longshelf.serving.search import fused
from longshelf.serving.touches import LAST, News, Touches
from programs import REDIS


def test_only_who_holds_a_key_is_known(tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"# shop\nshop one {hashlib.sha256(b'secret').hexdigest()}\n\n")
    access = Access(read_keys(path))
    assert access.caller("secret", "1.2.3.4") == "shop one"
    assert access.caller("secret ", "") is None
    assert access.caller("", "") is None
    assert Access({}).caller("", "1.2.3.4") == "1.2.3.4"
    for text in ("", "shop secret", "x" * 64):
        path.write_text(text)
        with pytest.raises(InputError, match="key"):
            read_keys(path)


def test_a_bucket_lets_through_its_burst_and_then_its_rate():
    access = Access({}, rate=10, burst=5)
    assert [access.wait("a", now=0.0) == 0 for _ in range(7)] == [True] * 5 + [False] * 2
    assert access.wait("b", now=0.0) == 0
    assert access.wait("a", now=0.05) == pytest.approx(0.05)
    passed = sum(access.wait("a", now=1 + t / 1000) == 0 for t in range(1000))
    assert passed == 15 - 1 or passed == 15
    assert access.wait("a", now=0.5) >= 0


def test_a_local_cache_keeps_what_was_asked_for_last():
    async def body():
        cache = Local(2)
        await cache.put("a", b"1")
        await cache.put("b", b"2")
        assert await cache.get("a") == b"1"
        await cache.put("c", b"3")
        assert [await cache.get(key) for key in "abc"] == [b"1", None, b"3"]
        assert (cache.hits, cache.misses) == (3, 1)

    asyncio.run(body())
    assert open_cache("off") is None
    with pytest.raises(InputError, match="memcached"):
        open_cache("memcached://x")


def test_redis_keeps_answers_and_its_absence_changes_nothing(tmp_path):
    if REDIS is None:
        pytest.skip("no redis-server on the path")
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port = some.getsockname()[1]
    line = [
        REDIS,
        "--port",
        str(port),
        "--save",
        "",
        "--dir",
        str(tmp_path),
        "--bind",
        "127.0.0.1",
    ]

    def start():
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return process
            time.sleep(0.05)
        raise AssertionError("redis did not start")

    async def body(first):
        cache = Shared(f"redis://127.0.0.1:{port}/0", patience=2.0, rest=0.2)
        await cache.put("key", b"answer")
        assert await cache.get("key") == b"answer"
        assert await cache.get("other") is None
        first.terminate()
        await asyncio.to_thread(first.wait)
        assert await cache.get("key") is None
        assert cache.failures == 1
        began = time.monotonic()
        for _ in range(100):
            await cache.put("key", b"again")
        assert cache.failures == 1
        assert time.monotonic() - began < 0.2
        second = await asyncio.to_thread(start)
        try:
            await asyncio.sleep(0.25)
            await cache.put("key", b"again")
            assert await cache.get("key") == b"again"
            await cache.close()
        finally:
            second.terminate()
            second.wait()

    first = start()
    try:
        asyncio.run(body(first))
    finally:
        first.kill()
        first.wait()


def test_a_batcher_takes_what_has_gathered_and_refuses_beyond_its_bound():
    hold, sizes = threading.Event(), []

    def double(pieces):
        sizes.append(len(pieces))
        hold.wait(5)
        return [2 * one for one in pieces]

    async def body():
        batcher = Batcher(double, most=4, bound=6, name="test")
        first = asyncio.create_task(batcher.ask(0, 5))
        while not sizes:
            await asyncio.sleep(0.001)
        others = [asyncio.create_task(batcher.ask(n, 5)) for n in range(1, 7)]
        await asyncio.sleep(0.01)
        with pytest.raises(Busy):
            await batcher.ask(9, 5)
        others[0].cancel()
        await asyncio.sleep(0.01)
        hold.set()
        assert await first == 0
        assert await asyncio.gather(*others[1:]) == [4, 6, 8, 10, 12]
        batcher.close()
        with pytest.raises(Busy):
            await batcher.ask(9, 5)

    asyncio.run(body())
    assert sizes == [1, 4, 1]


def test_a_batcher_passes_errors_on_and_does_not_wait_for_ever():
    async def body():
        broken = Batcher(lambda pieces: [1 / one for one in pieces], name="test")
        with pytest.raises(ZeroDivisionError):
            await broken.ask(0, 5)
        assert await broken.ask(2, 5) == 0.5
        broken.close()
        slow = Batcher(lambda pieces: time.sleep(0.2) or pieces, name="test")
        with pytest.raises(TimeoutError):
            await slow.ask(1, 0.02)
        slow.close()

    asyncio.run(body())


def test_words_are_found_as_bm25_scores_them():
    titles = ["red mug", "blue mug", "red red lamp", "book"]
    codes, scores = Lexical(titles).search("RED mug, nothing", 3)
    assert codes.tolist()[0] == 0
    assert set(codes.tolist()) == {0, 1, 2}
    n, length = 4, np.array([2, 2, 3, 1])

    def worth(word):
        f = np.array([title.split().count(word) for title in titles])
        t = np.count_nonzero(f)
        norm = 1.2 * (0.25 + 0.75 * length / length.mean())
        return np.log(1 + (n - t + 0.5) / (t + 0.5)) * f / (f + norm)

    assert scores == pytest.approx((worth("red") + worth("mug"))[codes], rel=1e-5)
    assert Lexical(titles).search("unknown", 3)[0].tolist() == []
    assert Lexical([]).search("x", 3)[0].tolist() == []


def test_chinese_titles_are_found_by_their_words():
    found = Lexical(["红色连衣裙", "蓝色运动鞋", "红色运动鞋 Nike"]).search("红色 运动鞋", 3)[0]
    assert found.tolist()[0] == 2


def test_fusion_adds_reciprocal_ranks():
    found = fused(np.array([5, 3, 9]), np.array([3, 1]))
    assert found.codes.tolist() == [3, 5, 1, 9]
    assert found.scores[0] == pytest.approx(1 / 62 + 1 / 61)


def test_touches_keep_the_latest_and_forget():
    touches = Touches(users=2)
    for number in range(LAST + 5):
        touches.add("a", f"i{number}")
    touches.add("a", "i10")
    assert len(touches.of("a")) == LAST
    assert touches.of("a")[-1] == "i10"
    assert touches.known("c") == ""
    touches.learn(News([("b", "x"), ("c", "y")], {}))
    assert (touches.of("a"), touches.known("b")) == ((), "b")
    touches.learn(News([("b", "since")], {"b": 1.0}))
    assert (touches.of("b"), touches.of("c")) == (("since",), ("y",))
    assert (touches.known("b"), touches.known("c")) == ("", "c")
    touches.learn(News([], {"b": 2.0}))
    assert touches.of("b") == ()


def test_plans_say_what_is_wrong(tmp_path):
    path = tmp_path / "trial.json"
    path.write_text('{"name": "t", "arms": {"plain": {}, "quota": {"dials": {"tail": 0.5}}}}')
    plan = read_plan(path, 1)
    shares = [plan.arm_of(f"user {n}").name for n in range(2000)]
    assert 0.45 < shares.count("quota") / 2000 < 0.55
    assert plan.arm_of("user 1") == plan.arm_of("user 1")
    assert plan.arm_of("user 1").propensity == 0.5
    for text, said in (
        ("[]", "object"), ('{"name": "t", "arm": {}, "arms": {"a": {}, "b": {}}}', "'arms'"),
        ('{"name": "t", "arms": {"a": {}}}', "two"), ('{"arms": {"a": {}, "b": {}}}', "name"),
        ('{"name": "t", "arms": {"a": {"artifact": 3}, "b": {}}}', "0 to 0"),
        ('{"name": "t", "arms": {"a": {"dials": {"tale": 1}}, "b": {}}}', "tail"),
        ('{"name": "t", "arms": {"a": {"share": "x"}, "b": {}}}', "number"),
        ('{"name": "t", "arms": {"a": {"dials": 3}, "b": {}}}', "object"),
        ('{"name": "t", "arms": {"a": 3, "b": {}}}', "object"),
        ('{"name": "t", "interleave": true, "arms": {"a": {}, "b": {}, "c": {}}}', "two arms"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            read_plan(path, 1)
