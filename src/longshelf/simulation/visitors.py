"""Simulated users who visit a running service, look, and click with a known probability."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from longshelf.datasets.marketplace.behaviour import GROUPS
from longshelf.errors import Unavailable
from longshelf.simulation.shop import Shop
from longshelf.tables import FloatArray, IntArray

__all__ = ["Visit", "Visitors"]


@dataclass(frozen=True)
class Visit:
    """One list and what became of it.

    Parameters
    ----------
    user : int
        Of the shop.
    arm : str
        What the service says it tried; "" where nothing is.
    ids : (k,) int array
        Rows of the shop's catalogue, best first.
    worth : float
        Clicks the list earns in expectation: the truth no log holds.
    clicked : tuple of int
        Positions that were clicked, from 1.
    """

    user: int
    arm: str
    ids: IntArray
    worth: float
    clicked: tuple[int, ...]


@dataclass
class Visitors:
    """Users of a shop at the door of a service that sells its catalogue.

    Users are known to the service by their number and items by the catalogue's ``item`` column, as
    the data set ``marketplace(problem='interactions')`` has them.

    Parameters
    ----------
    shop : Shop
        Who they are and what attracts them; its lists have k places.
    address : str
        Of the service, such as ``http://127.0.0.1:8080``.
    key : str, default ""
        An API key.
    patience : float, default 10
        Seconds to wait for an answer.

    Raises
    ------
    Unavailable
        If the service does not answer, or refuses.
    """

    shop: Shop
    address: str
    key: str = ""
    patience: float = 10.0
    _open: http.client.HTTPConnection | None = field(default=None, init=False, repr=False)
    _row: Mapping[str, int] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        named = self.shop.items["item"].cast(str).to_list()
        self._row = {item: row for row, item in enumerate(named)}

    def visit(self, user: int, rng: np.random.Generator) -> Visit:
        """Ask for a list, look down it, click, and tell the service of every click."""
        places = len(self.shop.looked)
        group = GROUPS[int(self.shop.group[user])]
        said = {"user": str(user), "k": places, "group": group}
        answer = self._ask("/recommend", said)
        listed: Sequence[Mapping[str, Any]] = answer["items"]
        ids = np.array([self._row[one["item"]] for one in listed], dtype=np.int64)
        chance = self.chance(user, ids)
        clicked = np.flatnonzero(rng.random(len(ids)) < chance)
        for place in clicked.tolist():
            self._ask("/feedback", {
                "event": f"{answer['request']}-{place + 1}", "kind": "click",
                "request": answer["request"], "item": listed[place]["item"],
                "position": place + 1, "user": str(user), "group": group,
            })  # fmt: skip
        return Visit(user, answer["arm"], ids, float(chance.sum()), tuple((clicked + 1).tolist()))

    def chance(self, user: int, ids: IntArray) -> FloatArray:
        """P(click) of each place of a list for a user; (k,)."""
        taste = self.shop.attraction[self.shop.kind[user]]
        return np.asarray(taste[ids] * self.shop.looked[: len(ids)])

    def _ask(self, path: str, said: Mapping[str, Any]) -> Any:
        for fresh in (False, True):
            try:
                if self._open is None:
                    place = urlsplit(self.address)
                    self._open = http.client.HTTPConnection(
                        place.hostname or "", place.port, timeout=self.patience
                    )
                head = {"Content-Type": "application/json"}
                head |= {"X-API-Key": self.key} if self.key else {}
                self._open.request("POST", path, json.dumps(said), head)
                answer = self._open.getresponse()
                body = answer.read()
                break
            except (OSError, http.client.HTTPException) as error:
                self._open = None
                if fresh:
                    raise Unavailable(f"{self.address} does not answer: {error}") from error
        if answer.status != 200:
            raise Unavailable(
                f"{self.address}{path} answered {answer.status}: {body[:300].decode(errors='replace')}"
            )
        return json.loads(body)
