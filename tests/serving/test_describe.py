"""Texts over HTTP: a writer's artifact beside a shop's, and a service without one."""

import asyncio
import threading

import numpy as np
import polars as pl
import pytest
from running import Server
from small_shop import save_shop

import longshelf as ls
from longshelf.artifact import load
from longshelf.artifact.card import write_card
from longshelf.artifact.folder import assemble
from longshelf.artifact.writer import write_writer
from longshelf.errors import InputError
from longshelf.models import TemplateWriter
from longshelf.models.generate.asked import Asked
from longshelf.serving.batcher import Busy
from longshelf.serving.holding import hold
from longshelf.serving.problems import Problem
from longshelf.serving.texts import Texts
from longshelf.strategies import Strategy
from longshelf.tables import Valid
from longshelf.tasks import Generate


def save_writer(folder, name="writer"):
    """Patterns of mugs and lamps in two colours."""
    titles = [
        f"{c} {k} by Acme {i}" for i in range(6) for k in ("Mugs", "Lamps") for c in ("Red", "Blue")
    ]
    rows = pl.DataFrame(
        {
            "kind": [t.split()[1] for t in titles], "colour": [t.split()[0] for t in titles],
            "title": [" ".join(t.split()[:4]) + f" no {i % 3}" for i, t in enumerate(titles)],
        }
    )  # fmt: skip
    data = ls.load(rows, label="kind", text=("title",), categorical=("colour",))
    posed = Generate().pose(data)
    part, targets = posed.rows, posed.targets
    X = np.stack([part.code, part.inputs["colour"].to_physical().to_numpy().astype(int)], axis=1)
    valid, rng = Valid(X=X, rows=part), np.random.default_rng(0)
    fitted = TemplateWriter().fit(X, part, valid, targets, Strategy(), rng)

    def write(beside):
        asked = Asked.of(part, targets)
        write_writer(beside, asked=asked, fitted=fitted, reads=True, slices=["head", "tail"])
        write_card(beside, {"name": name})

    return assemble(folder, "write", name, write)


def test_a_service_writes_with_the_artifact_and_says_what_it_said(tmp_path):
    writer = save_writer(tmp_path / "writer")
    server = Server(tmp_path, save_shop(tmp_path / "shop"), writer)
    try:
        asked = {"category": "Mugs", "attributes": {"colour": "blue", "fabric": "wool"}}
        said = server.post("/describe", asked).json()
        alone = load(writer).write("Mugs", {"colour": "Blue"})
        assert said == {
            "artifact": "writer", "text": alone.text, "slice": "tail", "missing": [],
            "mentioned": ["category", "colour"], "contradicted": [], "unseen": ["fabric"],
        }  # fmt: skip
        assert "Blue Mugs" in said["text"]
        assert server.post("/describe", asked).json() == said
        unknown = server.post("/describe", {"category": "a secret"})
        assert unknown.status_code == 422
        assert "knows 2 categories" in unknown.json()["detail"]
        assert "secret" not in unknown.text
        assert server.client.get("/ready").json()["artifacts"] == ["shop", "writer"]
    finally:
        server.stop()


def test_two_writers_are_one_too_many(tmp_path):
    folders = [str(save_writer(tmp_path / name)) for name in ("one", "two")]
    with pytest.raises(InputError, match="one writer can be served at a time, got 2"):
        hold(folders)


def test_texts_wait_in_a_queue_that_ends(tmp_path):
    made = load(save_writer(tmp_path / "writer"))
    go, plain = threading.Event(), made.fitted

    class Slow:
        def write(self, X):
            go.wait(10)
            return plain.write(X)

    object.__setattr__(made, "fitted", Slow())
    texts = Texts(made)

    async def body():
        waiting = [asyncio.ensure_future(texts.ask("Mugs", {}, 10)) for _ in range(32)]
        await asyncio.sleep(0.1)
        waiting += [asyncio.ensure_future(texts.ask("Mugs", {}, 10)) for _ in range(8)]
        unknown = asyncio.ensure_future(texts.ask("Hats", {}, 0.05))
        found = await asyncio.gather(unknown, return_exceptions=True)
        assert isinstance(found[0], Busy | TimeoutError)
        go.set()
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert {one.text for one in told if not isinstance(one, Busy)} == {told[0].text}
        assert any(isinstance(one, Busy) for one in told)
        with pytest.raises(Problem, match="knows 2 categories"):
            await texts.ask("Hats", {}, 10)

    asyncio.run(body())
    texts.close()
