"""The client against a local server: caps, retries, the cache, and a key that is never seen."""

import logging
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from asking import ask, contents, endpoint, total
from chat_server import ChatServer, Fault, refusal

from longshelf.cache import digest
from longshelf.components import show
from longshelf.errors import InputError, LongShelfWarning, Unavailable
from longshelf.language.accounts import Accounts
from longshelf.language.answers import Ask, Message
from longshelf.language.endpoint import Endpoint
from longshelf.language.spending import spending

KEY = "sk-this-is-a-secret-0123456789"


def test_answers_come_in_order_and_equal_requests_are_sent_once(server):
    with endpoint(server).connect() as client:
        said = client.answers([ask(f"t{i % 7}") for i in range(21)])
    assert [one.text.split()[1] for one in said] == [f"t{i % 7}" for i in range(21)]
    assert sorted(contents(server)) == [f"t{i}" for i in range(7)]


def test_what_was_answered_is_not_sent_again_by_any_client(server):
    asks = [ask(f"t{i}") for i in range(5)]
    first, second = (endpoint(server, at_once=n).connect() for n in (2, 4))
    with first, second, spending() as spent:
        one = first.answers(asks)
        two = second.answers([*asks, ask("new")])
    assert two[:5] == one
    assert len(server.requests) == 6
    assert (spent["requests"], spent["hits"]) == (11, 5)


@pytest.mark.parametrize(
    "other",
    [ask("t", temperature=1), ask("u"), ask("t", seed=3), ask("t", max_tokens=21)],
)
def test_another_message_or_parameter_is_another_answer(server, other):
    with endpoint(server).connect() as client:
        client.answers([ask("t")])
        client.answers([other])
    assert len(server.requests) == 2


def test_another_model_is_another_answer_and_another_address_or_key_is_not(server):
    with endpoint(server).connect(key="a-key-of-some-length") as client:
        client.answers([ask("t")])
    with ChatServer() as elsewhere, endpoint(elsewhere).connect(key="other") as client:
        client.answers([ask("t")])
        assert elsewhere.requests == []
    with endpoint(server, name="large").connect() as client:
        client.answers([ask("t")])
    assert len(server.requests) == 2


def test_no_more_requests_are_under_way_than_allowed():
    with ChatServer(delay=0.3) as server, endpoint(server, at_once=3).connect() as client:
        client.answers([ask(f"t{i}") for i in range(9)])
        assert server.most_under_way == 3


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_or_broken_endpoint_is_asked_again(server, status):
    server.fail(Fault(status, body="<html>busy</html>"), Fault(status, body="{}"))
    with endpoint(server).connect() as client:
        assert client.answers([ask("t")])[0].text == "echo t "
    assert len(server.requests) == 3
    assert total().requests == 1


def test_pauses_double(server, monkeypatch):
    monkeypatch.setattr("longshelf.language.chat.FIRST_PAUSE", 0.1)
    server.fail(*[Fault(500, body="")] * 3)
    with endpoint(server).connect() as client:
        client.answers([ask("t")])
    gaps = [b - a for a, b in zip(server.times, server.times[1:])]
    for gap, most in zip(gaps, (0.1, 0.2, 0.4), strict=True):
        assert most / 2 <= gap < most + 0.15


def test_retry_after_holds_every_request_back(server):
    server.fail(Fault(429, {"Retry-After": "1"}, body=""))
    with endpoint(server, at_once=1).connect() as client:
        client.answers([ask("t"), ask("u")])
    assert server.times[1] - server.times[0] >= 1
    assert server.times[1] - server.times[0] < 1.5


def test_retry_after_may_be_a_date(server):
    at = datetime.now(UTC) + timedelta(seconds=2)
    server.fail(Fault(503, {"Retry-After": format_datetime(at, usegmt=True)}, body=""))
    with endpoint(server).connect() as client:
        client.answers([ask("t")])
    assert 0.9 <= server.times[1] - server.times[0] < 2.5


def test_an_endpoint_that_asks_for_an_hour_is_not_waited_for(server):
    server.fail(Fault(429, {"Retry-After": "3600"}, body=""))
    with (
        endpoint(server).connect() as client,
        pytest.raises(Unavailable, match=r"asks to wait 3,600 s.*run the same again"),
    ):
        client.answers([ask("t")])


def test_after_the_last_try_the_error_counts_what_is_kept(server):
    with endpoint(server, tries=2, at_once=1).connect() as client:
        client.answers([ask("a")])
        server.fail(Fault(500, body=""), refusal(500, "no GPU is free"))
        with pytest.raises(Unavailable, match=r"in 2 tries.*no GPU is free.*1 of 3 answers"):
            client.answers([ask("a"), ask("b"), ask("c")])
    assert contents(server) == ["a", "b", "b"]


def test_a_late_answer_is_asked_for_again_and_may_have_been_billed(server):
    server.fail(Fault(silence=1.0))
    with endpoint(server, seconds=0.3).connect() as client:
        assert client.answers([ask("t")])[0].text == "echo t "
    spent = total()
    assert (spent.requests, spent.open_requests) == (1, 1)
    assert spent.open_tokens == ask("t").most(None).tokens


def test_nobody_there(tmp_path):
    with ChatServer() as gone:
        address = gone.address
    there = Endpoint(name="tiny", address=address, tries=2)
    with there.connect() as client, pytest.raises(Unavailable, match="cannot be reached"):
        client.answers([ask("t")])
    assert total().open_requests == 0


@pytest.mark.parametrize(
    ("status", "says"), [(401, "LONGSHELF_CHAT_KEY"), (404, "model's name"), (400, "because")]
)
def test_a_refusal_is_not_repeated_and_says_the_cure(server, status, says):
    server.fail(refusal(status, "because"))
    with endpoint(server).connect() as client, pytest.raises(Unavailable, match=says):
        client.answers([ask("t")])
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", ["", "[]", '{"choices": []}', '{"choices": ["x"]}', "[" * 9999])
def test_what_is_no_completion_is_asked_for_again(server, body):
    server.fail(Fault(body=body))
    with endpoint(server).connect() as client:
        assert client.answers([ask("t")])[0].text == "echo t "


def test_a_text_that_is_withheld_does_not_stop_the_others(server):
    server.fail(refusal(400, "filtered", "content_filter"))
    with endpoint(server, at_once=1).connect() as client:
        said = client.answers([ask("rude"), ask("polite")])
    assert [one.finish for one in said] == ["content_filter", "stop"]


def test_what_an_endpoint_does_not_know_is_left_out_and_told():
    with ChatServer(unknown=("max_tokens", "seed")) as server:
        with (
            endpoint(server, at_once=1).connect() as client,
            pytest.warns(LongShelfWarning, match="refuses seed"),
        ):
            client.answers([ask("t", seed=1), ask("u", seed=1)])
        assert [set(r) & {"seed", "max_tokens"} for r in server.requests[2:]] == [set(), set()]
        assert server.requests[-1]["max_completion_tokens"] == 20
        assert len(server.requests) == 4


def test_a_403_may_be_about_a_part_of_the_request(server):
    server.fail(refusal(403, "You are not allowed to request logprobs from this model"))
    with endpoint(server).connect() as client, pytest.warns(LongShelfWarning, match="logprobs"):
        client.answers([ask("t", logprobs=True, top_logprobs=5)])
    assert [{"logprobs", "top_logprobs"} <= set(r) for r in server.requests] == [True, False]


def test_the_cap_is_never_passed_and_the_error_says_how_to_go_on(server):
    asks = [ask(f"{'word ' * 20}{i}") for i in range(40)]
    most = asks[-1].most((100.0, 300.0))
    given = {"prices": (100.0, 300.0), "budget": 6 * most.money, "at_once": 4}
    with (
        endpoint(server, **given).connect() as client,
        spending() as spent,
        pytest.raises(Unavailable) as caught,
    ):
        client.answers(asks)
    paid = total()
    assert paid.money + most.money > given["budget"] >= paid.money > 0
    assert paid.open_requests == 0
    assert paid.requests == len(server.requests) > 6
    assert spent["requests"] == paid.requests
    assert spent["paid"] == pytest.approx(paid.money)
    message = str(caught.value)
    assert f"{paid.requests} requests took {paid.money:.6g} of money" in message
    assert f"{paid.requests} of 40 answers are kept" in message
    assert "LONGSHELF_CHAT_BUDGET" in message

    before = len(server.requests)
    with endpoint(server, **{**given, "budget": 1e6}).connect() as client:
        assert None not in client.answers(asks)
    assert len(server.requests) - before == 40 - paid.requests


def test_a_cap_below_one_request_sends_nothing(server):
    with (
        endpoint(server, token_budget=10).connect() as client,
        pytest.raises(Unavailable, match="may spend 10 tokens"),
    ):
        client.answers([ask("t")])
    assert server.requests == []


def test_no_request_costs_more_than_was_entered_for_it(server):
    for text in ("short", "跑鞋" * 50, "\U0001f45f" * 30, "x" * 3000):
        with endpoint(server).connect() as client:
            client.answers([ask(text)])
    most = sum(
        ask(t).most(None).tokens for t in ("short", "跑鞋" * 50, "\U0001f45f" * 30, "x" * 3000)
    )
    assert total().tokens <= most


def test_processes_share_a_cap(server, tmp_path):
    code = (
        "import sys; from longshelf.language.endpoint import Endpoint;"
        "from longshelf.language.answers import Ask, Message;"
        "from longshelf.errors import Unavailable\n"
        "asks = [Ask((Message('user', f'{sys.argv[2]} ' * 25 + str(i)),), {'max_tokens': 20})"
        " for i in range(30)]\n"
        "end = Endpoint(name='tiny', address=sys.argv[1], token_budget=1000, at_once=2)\n"
        "try: end.connect().answers(asks)\n"
        "except Unavailable: sys.exit(3)"
    )
    children = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-c", code, server.address, name])
        for name in ("one", "two", "three")
    ]
    assert [child.wait(60) for child in children] == [3, 3, 3]
    assert 700 < total().tokens <= 1000
    assert server.billed <= 1000


def test_purses_are_counted_apart(server, monkeypatch):
    with endpoint(server, purse="march").connect() as client:
        client.answers([ask("a")])
    monkeypatch.setenv("LONGSHELF_CHAT_PURSE", "april")
    with endpoint(server).connect() as client:
        client.answers([ask("b"), ask("c")])
    assert [total(purse).requests for purse in ("march", "april")] == [1, 2]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": ""}, "needs the name"),
        ({"budget": 5.0}, "means nothing without prices"),
        ({"prices": (1.0,)}, "two amounts"),
        ({"prices": (1.0, -2.0)}, "two amounts"),
        ({"at_once": 0}, "at_once"),
        ({"budget": float("nan"), "prices": (1, 1)}, "budget"),
        ({"address": "localhost:80"}, "https://host/v1"),
        ({"address": "http://host/v1?key=abcdefgh"}, "and a query"),
    ],
)
def test_what_cannot_be_meant_is_refused(given, says):
    with pytest.raises(InputError, match=says) as caught:
        Endpoint(**{"name": "tiny", "address": "http://localhost/v1", **given}).connect()
    assert "abcdefgh" not in str(caught.value)


def test_the_environment_gives_what_arguments_leave_out(server, monkeypatch):
    for name, value in (("PRICES", "1,2"), ("BUDGET", "0.5"), ("TOKENS", "9000")):
        monkeypatch.setenv(f"LONGSHELF_CHAT_{name}", value)
    monkeypatch.setenv("LONGSHELF_CHAT_ADDRESS", server.address)
    with Endpoint(name="tiny").connect() as client:
        assert client.cap == (0.5, 9000)
        assert client.prices == (1.0, 2.0)
        client.answers([ask("t")])
    with Endpoint(name="tiny", budget=7, prices=(3, 4)).connect() as client:
        assert (client.cap.money, client.prices) == (7, (3.0, 4.0))
    monkeypatch.setenv("LONGSHELF_CHAT_BUDGET", "much")
    with pytest.raises(InputError, match=r"LONGSHELF_CHAT_BUDGET.*'much'"):
        Endpoint(name="tiny").connect()
    monkeypatch.delenv("LONGSHELF_CHAT_ADDRESS")
    monkeypatch.delenv("LONGSHELF_CHAT_BUDGET")
    with Endpoint(name="tiny").connect() as client, pytest.raises(Unavailable, match="no address"):
        client.answers([ask("u")])


def test_after_a_kill_nothing_that_was_kept_is_asked_again(tmp_path):
    with ChatServer(delay=0.02) as server:
        code = (
            "import sys; from longshelf.language.endpoint import Endpoint;"
            "from longshelf.language.answers import Ask, Message\n"
            "asks = [Ask((Message('user', f't{i}'),), {'max_tokens': 20}) for i in range(60)]\n"
            "Endpoint(name='tiny', address=sys.argv[1], at_once=2).connect().answers(asks)"
        )
        child = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code, server.address])
        end = time.monotonic() + 60
        while len(server.requests) < 20:
            assert time.monotonic() < end
            assert child.poll() is None
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.wait()
        kept = total().requests
        before = len(server.requests)
        assert 10 < kept < 60
        asks = [Ask((Message("user", f"t{i}"),), {"max_tokens": 20}) for i in range(60)]
        with endpoint(server).connect() as client, spending() as spent:
            assert [one.text for one in client.answers(asks)] == [f"echo t{i} " for i in range(60)]
        assert spent["hits"] == kept
        assert len(server.requests) - before == 60 - kept
        assert len(server.requests) - 60 <= 2
        assert total().open_requests <= 2


def test_writers_at_the_same_time_lose_nothing(tmp_path):
    paid = Accounts(tmp_path / "paid.sqlite")

    def write(i):
        from longshelf.language.accounts import Cap, Cost

        ticket = paid.reserve("p", "m", Cost(10, 10, 1.0), Cap())
        paid.settle(ticket, f"k{i % 40}", "m", str(i), Cost(1, 2, 0.5))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))
    spent = paid.total("p")
    assert (spent.requests, spent.tokens, spent.money, spent.open_requests) == (80, 240, 40.0, 0)
    assert len(paid.find([f"k{i}" for i in range(50)])) == 40


def test_the_key_is_sent_and_stands_in_no_file_log_name_or_error(
    server, tmp_path, monkeypatch, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("LONGSHELF_CHAT_KEY", KEY)
    server.fail(Fault(content=f"your key is {KEY}"), refusal(401, f"Incorrect API key: {KEY}"))
    with endpoint(server, at_once=1).connect() as client:
        assert client.answers([ask("leak")])[0].text == "your key is ***"
        with pytest.raises(Unavailable) as caught:
            client.answers([ask("t")])
        client.answers([ask("t")])
        shown = [repr(client), str(vars(client.endpoint)), str(caught.value), show(client.endpoint)]
    assert all(headers["Authorization"] == f"Bearer {KEY}" for headers in server.headers)
    shown += [caplog.text, *capfd.readouterr()]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(KEY in text for text in shown)
    assert not any(KEY.encode() in path.read_bytes() for path in files)
    assert len(caplog.records) > 0


def test_credentials_in_an_address_are_used_and_never_shown(server, monkeypatch, tmp_path):
    secret = "pass-word-of-the-gateway"
    monkeypatch.setenv(
        "LONGSHELF_CHAT_ADDRESS", server.address.replace("//", f"//me:{secret}@") + "/"
    )
    there = Endpoint(name="tiny", tries=1)
    with there.connect() as client:
        client.answers([ask("t")])
        assert server.headers[0]["Authorization"].startswith("Basic ")
        server.fail(refusal(400, f"bad {secret}"))
        with pytest.raises(Unavailable) as caught:
            client.answers([ask("u")])
    assert secret not in f"{caught.value}{there!r}{there.known_address!r}"
    assert not any(
        secret.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    )
    with pytest.raises(InputError, match="must hold no credentials") as caught:
        Endpoint(name="tiny", address=f"http://me:{secret}@host/v1")
    assert secret not in str(caught.value)


def test_where_it_is_served_and_what_it_may_cost_make_no_other_component():
    plain = Endpoint(name="tiny")
    other = Endpoint(name="tiny", address="http://h/v1", prices=(1, 2), budget=3.0, at_once=2)
    assert show(other) == show(plain)
    assert digest(other) == digest(plain)
    assert other == plain
    assert digest(Endpoint(name="large")) != digest(plain)
