"""The service over HTTP, against a real process."""

import hashlib
import json
import time

import pytest
from running import Server
from small_shop import KEY, save_shop, user_name

from longshelf.artifact import load, pseudonym
from longshelf.serving.engine import Engine, Wish
from longshelf.serving.events import open_events


def stored(home):
    events = open_events(str(home / "events.db"))
    try:
        return events.read()
    finally:
        events.close()


def ids(answer):
    return [item["item"] for item in answer["items"]]


def test_a_list_is_that_of_the_engine_and_its_items_are_recorded(server, home, made):
    engine = Engine(made)
    person = pseudonym(user_name(3), KEY)
    answer = server.post("/recommend", {"user": user_name(3), "group": "new"}).json()
    codes = engine.recommend(Wish(user=person)).codes
    assert ids(answer) == [f"i{code}" for code in codes]
    assert answer["basis"] == "user"
    server.until(lambda: answer["request"] in set(stored(home)["request"]))
    rows = stored(home).filter(request=answer["request"])
    assert rows["item"].to_list() == ids(answer)
    assert rows["position"].to_list() == list(range(1, 21))
    assert rows["slice"].to_list() == [item["slice"] for item in answer["items"]]
    assert set(rows["user"]) == {person}
    assert set(rows["group"]) == {"new"}


def test_feedback_changes_the_next_list_and_is_stored_when_acknowledged(server, home):
    asked = {"user": "someone new"}
    before = server.post("/recommend", asked).json()
    act = {"kind": "click", "item": "i99", "request": before["request"], "user": "someone new"}
    event = server.post("/feedback", act | {"event": "mine"}).json()["event"]
    assert server.post("/feedback", act | {"event": "mine"}).json()["event"] == event
    rows = stored(home).filter(kind="click")
    assert rows["event"].to_list().count(event) == 1
    after = server.post("/recommend", asked).json()
    assert (before["basis"], after["basis"]) == ("popular", "session")
    assert ids(after) != ids(before)
    assert "i99" not in ids(after)
    why = server.post("/explain", {"item": ids(after)[0], "user": "someone new"}).json()
    assert [one["item"] for one in why["because"]] == ["i99"]
    assert why["because"][0]["share"] == 1


def test_filters_quota_and_reasons(server):
    asked = {"user": user_name(1), "category": "Mugs", "price_max": 30, "tail": 0.5, "k": 10}
    answer = server.post("/recommend", asked | {"because": True}).json()
    assert {item["category"] for item in answer["items"]} == {"Mugs"}
    assert all(item["price"] <= 30 for item in answer["items"])
    assert sum(item["slice"] == "tail" for item in answer["items"]) >= 5
    assert all("because" in item for item in answer["items"])


def test_search_by_words_and_related_items(server, made):
    titles = dict(zip(made.catalogue["item"], made.catalogue["title"], strict=True))
    answer = server.post("/search", {"query": "number 42"}).json()
    assert answer["items"][0]["item"] == "i42"
    assert answer["degraded"] == []
    assert server.post("/search", {"query": "xyzzy"}).json()["items"] == []
    mugs = server.post("/search", {"query": "red", "category": "Mugs"}).json()
    assert all(titles[i].startswith("Red Mugs") for i in ids(mugs))
    related = server.post("/related", {"item": "i42", "k": 5}).json()
    assert len(ids(related)) == 5
    assert "i42" not in ids(related)
    assert server.post("/related", {"item": "nothing"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "asked", "lacks"),
    [
        ("classify", {"rows": [{"a": 1}]}, "classifier"),
        ("describe", {"category": "Mugs"}, "writer"),
    ],
)
def test_what_the_service_does_not_hold_is_said(server, path, asked, lacks):
    refused = server.post(f"/{path}", asked)
    assert refused.status_code == 404
    assert f"holds no {lacks}" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/recommend", b"{", 400), ("/recommend", b'{"k": 0}', 422), ("/recommend", b"[]", 422),
        ("/recommend", b'{"user": "a\\u0000b"}', 422), ("/recommend", b'{"us\\u00e9r": "x"}', 422),
        ("/recommend", b'{"user": "\\ud800"}', 400), ("/search", b'{"query": ""}', 422),
        ("/search", b'{"query": "' + b"x" * 257 + b'"}', 422), ("/feedback", b"{}", 422),
        ("/recommend", b'{"user": "' + b"x" * 70_000 + b'"}', 413), ("/nothing", b"{}", 404),
        ("/recommend", b"\xff\xfe", 400), ("/recommend", b'{"price_min": NaN}', 422),
        ("/recommend", b"[" * 5000, 400),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_is_a_problem_document_that_repeats_nothing(server, path, body, status):
    kind = {"content-type": "application/json"}
    answer = server.client.post(path, content=body, headers=kind)
    said = answer.json()
    assert (answer.status_code, said["status"]) == (status, status) or status == 422
    assert answer.status_code in (status, 400)
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(said)
    assert "xxxx" not in answer.text
    assert "sér" not in answer.text


def test_methods_and_types_are_kept_to(server):
    refused = server.client.get("/recommend")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    form = {"content-type": "text/plain"}
    assert server.client.post("/recommend", content=b"{}", headers=form).status_code == 415
    assert server.client.delete("/health").status_code == 405
    assert server.client.get("/none").headers["content-type"] == "application/problem+json"


def test_a_slow_client_is_turned_away_and_others_are_answered_meanwhile(server):
    import socket

    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(
            b"POST /recommend HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: 10\r\n\r\n{"
        )
        assert server.post("/recommend", {}).status_code == 200
        slow.settimeout(15)
        assert b"408" in slow.recv(4096).split(b"\r\n")[0]


def test_metrics_count_exposures_by_slice_and_name_nobody(server):
    def exposed():
        page = server.client.get("/metrics").text
        lines = [line for line in page.splitlines() if "longshelf_exposures_total{" in line]
        return sum(float(line.split()[-1]) for line in lines if 'surface="recommend"' in line)

    before = exposed()
    server.post("/recommend", {"user": "somebody secret", "k": 7})
    assert exposed() == before + 7
    assert "secret" not in server.client.get("/metrics").text
    assert "somebody secret" not in server.log.read_text()


def test_live_settings_change_lists_and_bad_ones_change_nothing(server, home):
    def tails():
        answer = server.post("/recommend", {"user": user_name(5)}).json()
        return sum(item["slice"] == "tail" for item in answer["items"])

    before = tails()
    (home / "live.json").write_text('{"tail": 1}')
    server.until(lambda: tails() == 20)
    (home / "live.json").write_text('{"tail": 7}')
    server.until(lambda: "settings" in server.client.get("/ready").json()["rejected"])
    assert tails() == 20
    (home / "live.json").write_text("{}")
    server.until(lambda: tails() == before)


def test_another_artifact_is_taken_while_requests_go_on_and_a_corrupt_one_is_not(server, home):
    def version():
        answer = server.post("/recommend", {"user": user_name(1)})
        assert answer.status_code == 200
        return answer.json()["artifact"]

    first = version()
    save_shop(home / "shop", seed=9, name="second", replace=True)
    server.until(lambda: version() != first)
    second = version()
    manifest = home / "shop" / "manifest.json"
    whole = manifest.read_text()
    manifest.write_text(whole[: len(whole) // 2])
    server.until(lambda: "artifact" in server.client.get("/ready").json()["rejected"])
    assert version() == second
    manifest.write_text(whole)
    catalogue = home / "shop" / "catalogue.parquet"
    data = catalogue.read_bytes()
    catalogue.write_bytes(data[:-1] + b"x")
    manifest.write_text(whole)
    server.until(lambda: "changed" in server.client.get("/ready").json()["rejected"])
    assert version() == second
    catalogue.write_bytes(data)
    manifest.write_text(whole)
    server.until(lambda: server.client.get("/ready").json()["rejected"] == "")
    assert version() == second


def test_the_shop_window_is_guarded(server):
    page = server.client.get("/")
    assert page.headers["content-security-policy"].startswith(
        "default-src 'none'; script-src 'self'"
    )
    assert "unsafe" not in page.headers["content-security-policy"]
    script = server.client.get("/storefront.js").text
    assert "innerHTML" not in script
    assert "://" not in script + page.text.replace("http-equiv", "")
    assert server.client.get("/catalogue").json()["users"] == [user_name(0)]
    assert server.client.get("/storefront.html").status_code == 404


def test_keys_and_rates(home, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"shop {hashlib.sha256(b'sesame').hexdigest()}\n")
    folder = save_shop(tmp_path / "guarded")
    server = Server(tmp_path, folder, "--api-keys", keys, "--rate", "5", "--cache", "off")
    try:
        assert server.post("/recommend", {}).status_code == 401
        assert server.client.get("/metrics").status_code == 401
        assert server.client.get("/health").status_code == 200
        for headers in ({"authorization": "Bearer sesame"}, {"x-api-key": "sesame"}):
            assert server.post("/recommend", {}, headers=headers).status_code == 200
        assert server.post("/recommend", {}, headers={"x-api-key": "sesam"}).status_code == 401
        answers = [server.post("/recommend", {}, headers=headers) for _ in range(30)]
        refused = [one for one in answers if one.status_code == 429]
        assert refused
        assert int(refused[0].headers["retry-after"]) >= 1
    finally:
        server.stop()


@pytest.mark.slow
def test_a_trial_over_two_workers_that_share_events_and_write_all_at_the_end(tmp_path):
    save_shop(tmp_path / "plain")
    rng_goods = load(tmp_path / "plain").catalogue
    save_shop(tmp_path / "other", seed=3, catalogue=rng_goods, name="other")
    arms = {"plain": {}, "quota": {"dials": {"tail": 0.5}}, "other": {"artifact": 1}, "shuffle": {}}
    (tmp_path / "trial.json").write_text(json.dumps({"name": "t1", "arms": arms}))
    server = Server(
        tmp_path, tmp_path / "plain", tmp_path / "other", "--trial", "trial.json", "--workers", "2"
    )
    try:
        seen = {}
        for number in range(60):
            answer = server.post("/recommend", {"user": f"visitor {number}"}).json()
            seen.setdefault(answer["arm"], []).append(answer)
        assert set(seen) == set(arms)
        popular = ids(seen["plain"][0])
        assert all(ids(one) == popular for one in seen["plain"])
        assert all(sorted(ids(one)) == sorted(popular) for one in seen["shuffle"])
        assert any(ids(one) != popular for one in seen["shuffle"])
        assert all(sum(i["slice"] == "tail" for i in a["items"]) >= 10 for a in seen["quota"])
        assert {one["artifact"] for one in seen["other"]} != {seen["plain"][0]["artifact"]}
        shown = seen["quota"][0]
        act = {"kind": "purchase", "item": ids(shown)[4], "request": shown["request"]}
        server.post("/feedback", act)
        server.until(lambda: stored(tmp_path).filter(kind="impression")["request"].n_unique() == 60)
        row = stored(tmp_path).filter(kind="purchase").row(0, named=True)
        assert (row["trial"], row["arm"], row["propensity"]) == ("t1", "quota", 0.25)
        assert row["position"] == 5
        act = {"kind": "click", "item": "i200", "request": "r", "user": "walker"}
        server.post("/feedback", act)
        time.sleep(1.5)
        bases = {server.post("/recommend", {"user": "walker"}).json()["basis"] for _ in range(20)}
        assert bases == {"session"}
        assert "longshelf_requests_total" in server.client.get("/metrics").text
        last = {server.post("/recommend", {}).json()["request"] for _ in range(50)}
    finally:
        server.stop()
    assert last <= set(stored(tmp_path)["request"])


def test_killed_under_feedback_no_acknowledged_event_is_lost(tmp_path):
    import threading

    import httpx

    save_shop(tmp_path / "shop", users=5)
    server = Server(tmp_path, tmp_path / "shop")
    acknowledged, ended = [], threading.Event()

    def send():
        with httpx.Client(base_url=server.url, timeout=10) as client:
            while not ended.is_set():
                act = {"kind": "click", "item": "i3", "request": "r", "user": "x"}
                try:
                    answer = client.post("/feedback", json=act)
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    acknowledged.append(answer.json()["event"])

    senders = [threading.Thread(target=send) for _ in range(8)]
    for one in senders:
        one.start()
    server.until(lambda: len(acknowledged) > 200, within=60)
    server.kill()
    ended.set()
    for one in senders:
        one.join()
    assert len(acknowledged) > 200
    assert set(acknowledged) <= set(stored(tmp_path)["event"])
    server.client.close()
