"""A user who is forgotten: from events, from a running service, from one that starts, from the artifact."""

import json
import shutil
import time

import numpy as np
import pytest
from running import Server
from small_shop import KEY, save_shop, user_name
from typer.testing import CliRunner

from longshelf.artifact import load, pseudonym
from longshelf.artifact.compression import Compression
from longshelf.artifact.forgetting import forget_users
from longshelf.cli.app import app
from longshelf.errors import InputError
from longshelf.serving.engine import Engine, Wish
from longshelf.serving.events import Record, open_events
from longshelf.serving.touches import Touches

USER = user_name(7)
PERSON = pseudonym(USER, KEY)


def asked(*arguments):
    found = CliRunner().invoke(app, ["forget", *map(str, arguments), "--json"])
    assert found.exit_code == 0, found.output
    return json.loads(found.output)


def holds(folder):
    return PERSON in load(folder).users


def test_no_service_answers_for_a_forgotten_user_running_or_started_again(tmp_path):
    folder, kept = save_shop(tmp_path / "shop"), tmp_path / "kept"
    shutil.copytree(folder, kept)

    def basis(server):
        return server.post("/recommend", {"user": USER}).json()["basis"]

    server = Server(tmp_path, folder)
    try:
        server.post("/feedback", {"kind": "click", "item": "i1", "request": "r", "user": USER})
        assert basis(server) == "user"
        assert holds(folder)
        found = asked(USER, "--events", tmp_path / "events.db", "--artifact", folder)
        assert found["deleted"] > 0
        assert found["artifacts"] == {str(folder): 1}
        server.until(lambda: basis(server) == "popular")
        server.until(
            lambda: "longshelf_reloads_total{outcome" in server.client.get("/metrics").text
        )
        assert server.client.get("/ready").json()["rejected"] == ""
        assert not holds(folder)
    finally:
        server.stop()
    server = Server(tmp_path, kept)
    try:
        assert holds(kept)
        assert basis(server) == "popular"
        assert server.post("/recommend", {"user": user_name(8)}).json()["basis"] == "user"
        server.post("/feedback", {"kind": "click", "item": "i1", "request": "r", "user": USER})
        assert basis(server) == "session"
    finally:
        server.stop()


@pytest.mark.parametrize(
    "how", [Compression(), Compression(int8=True), Compression(int8=True, prune=0.4)], ids=str
)
def test_an_artifact_without_a_user_is_the_same_for_everybody_else(tmp_path, how):
    folder = save_shop(tmp_path / "shop", users=80, compression=how)
    before = load(folder)
    assert forget_users(folder, {PERSON}) == 1
    after = load(folder)
    kept = np.arange(80) != 7
    assert after.users == [user for user in before.users if user != PERSON]
    assert np.array_equal(after.vectors, before.vectors[kept])
    assert np.array_equal(after.items, before.items)
    assert (after.seen != before.seen[kept]).nnz == 0
    assert after.card["forgotten_users"] == 1
    assert after.card["size"]["parameters"] == after.items.size + after.vectors.size
    assert after.card["size"]["bytes"] < before.card["size"]["bytes"]
    lists = [Engine(made).recommend(Wish(user=before.users[9])) for made in (before, after)]
    assert lists[0] == lists[1]
    files = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert forget_users(folder, {PERSON}) == 0
    assert files == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def test_what_cannot_be_forgotten_is_said_and_a_broken_artifact_stays_as_it_is(tmp_path):
    folder = save_shop(tmp_path / "shop")
    found = CliRunner().invoke(app, ["forget", USER, "--events", str(tmp_path / "no.db")])
    assert isinstance(found.exception, InputError)
    assert "--events off" in str(found.exception)
    before = (folder / "model" / "users.parquet").read_bytes()
    (folder / "catalogue.parquet").write_bytes(b"broken")
    with pytest.raises(InputError, match="manifest says"):
        forget_users(folder, {PERSON})
    assert (folder / "model" / "users.parquet").read_bytes() == before


def test_an_update_does_not_carry_a_forgotten_user_on(tmp_path):
    from longshelf.cli.events import forgotten_in

    address = str(tmp_path / "events.db")
    events = open_events(address)
    events.forget(PERSON)
    events.close()
    made = load(save_shop(tmp_path / "shop"))
    assert PERSON in made.users
    fewer = made.without(forgotten_in(address))
    assert PERSON not in fewer.users
    assert len(fewer.vectors) == fewer.seen.shape[0] == len(made.users) - 1
    assert forgotten_in(str(tmp_path / "events.parquet")) == set()


def test_acts_written_under_the_number_of_deleted_ones_are_read(tmp_path):
    here, other = (open_events(str(tmp_path / "events.db")) for _ in range(2))
    touches = Touches()

    def acts(user, item):
        here.append(
            [
                Record(
                    event=f"{user} {item}", time=time.time(), kind="click", request="r", user=user,
                    surface="", items=[item], positions=[0], slices=[""], scores=[None],
                )
            ]
        )  # fmt: skip

    acts("stays", "a")
    acts(PERSON, "b")
    touches.learn(touches.news(other))
    assert here.forget(PERSON) == 1
    acts("stays", "c")
    touches.learn(touches.news(other))
    assert touches.of("stays") == ("a", "c")
    assert touches.of(PERSON) == ()
    here.close()
    other.close()
