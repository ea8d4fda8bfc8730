"""Ask a chat endpoint many things at once, within a budget, and never pay twice for an answer."""

from __future__ import annotations

import random
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cached_property
from typing import Any

from longshelf.errors import LongShelfWarning, Unavailable
from longshelf.language.accounts import Accounts, Cap, Cost, Kept
from longshelf.language.answers import Answer, Ask, answer_of, priced
from longshelf.language.endpoint import Endpoint
from longshelf.language.spending import note, rehearsal
from longshelf.language.stops import absence, over_budget, refusal
from longshelf.language.wire import Late, Refused, Wire, refused_part, without

__all__ = ["ChatClient"]

FIRST_PAUSE = 1.0
"""Seconds before the second try; each further pause is twice as long."""
LONGEST_PAUSE = 60.0
PATIENCE = 300.0
"""Seconds an endpoint may ask to wait; beyond them the run stops and says so."""
NAMING = frozenset({400, 403, 422})
"""Statuses of a refusal that may name the part of a request it is about."""
WITHHELD = frozenset({"content_filter", "content_policy_violation"})
"""Reasons to refuse one text that say nothing about the next."""


class _Stopped(Exception):
    """Another request of the same call failed for good."""


class ChatClient:
    """A client of one endpoint: bounded, patient, thrifty; made by :meth:`Endpoint.connect`.

    Parameters
    ----------
    endpoint : Endpoint
    key : str
        Of the user; sent, and kept nowhere.
    cap : Cap
        What the purse may spend at most.
    prices : (float, float) or None
        Money per million tokens read and written.
    accounts : Accounts
        Answers and costs.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        key: str,
        cap: Cap,
        prices: tuple[float, float] | None,
        accounts: Accounts,
    ) -> None:
        self.endpoint, self.cap, self.prices, self.accounts = endpoint, cap, prices, accounts
        self._key = key
        self._room = threading.Condition()
        self._not_before = 0.0
        self._conceded: list[str] = []

    def __enter__(self) -> ChatClient:
        return self

    def __exit__(self, *_: object) -> None:
        if "_wire" in vars(self):
            self._wire.close()

    @cached_property
    def _wire(self) -> Wire:
        return Wire(self.endpoint.known_address, self._key, self.endpoint.seconds)

    def answers(self, asks: Sequence[Ask]) -> list[Answer | None]:
        """An answer to each request, in their order; None only in a rehearsal.

        Equal requests are sent once, and those that were ever answered not at all.

        Raises
        ------
        Unavailable
            If the budget would be passed, or the endpoint refuses or stays away; the message
            says what was done and spent, and how to go on.
        """
        keys = [ask.key(self.endpoint.name) for ask in asks]
        wanted = dict(zip(keys, asks, strict=True))
        found = self.accounts.find(list(wanted))
        hits, missing = set(found), {key: ask for key, ask in wanted.items() if key not in found}
        if (practice := rehearsal()) is not None:
            practice.add_hits(hits)
            for key, ask in missing.items():
                practice.add(key, ask.text, ask.likely, self.prices)
        elif missing:
            self._fill(found, missing)
        else:
            self._note(found, hits)
        read = {key: Answer.read(one.said) for key, one in found.items()}
        return [read.get(key) for key in keys]

    def _fill(self, found: dict[str, Kept], missing: Mapping[str, Ask]) -> None:
        """Send what is missing; whatever came is found, also when something failed."""
        hits, conceded = set(found), set(self._conceded)
        try:
            self._send(missing)
        except Unavailable as error:
            found |= self.accounts.find(list(missing))
            raise Unavailable(
                f"{error}. {len(found):,} of {len(hits) + len(missing):,} answers are kept and will "
                "not be paid for again: run the same again to go on, a suite with --retry"
            ) from None
        finally:
            found |= self.accounts.find(list(missing))
            self._note(found, hits)
        if given_up := {*self._conceded} - conceded - {"max_tokens"}:
            warnings.warn(
                f"the endpoint of {self.endpoint.name!r} refuses {', '.join(sorted(given_up))}; "
                "requests are sent without",
                LongShelfWarning,
                stacklevel=3,
            )

    def _note(self, found: Mapping[str, Kept], hits: set[str]) -> None:
        read = sum(one.read for one in found.values())
        written = sum(one.written for one in found.values())
        note(requests=len(found), hits=len(hits), tokens_read=read, tokens_written=written)
        if self.prices is not None:
            fresh = [one for key, one in found.items() if key not in hits]
            paid = priced(sum(o.read for o in fresh), sum(o.written for o in fresh), self.prices)
            note(money=priced(read, written, self.prices).money or 0.0, paid=paid.money or 0.0)

    def _send(self, missing: Mapping[str, Ask]) -> None:
        wire, stop = self._wire, threading.Event()
        with ThreadPoolExecutor(min(self.endpoint.at_once, len(missing))) as pool:
            sent = [pool.submit(self._answer, wire, stop, *one) for one in missing.items()]
            try:
                for future in as_completed(sent):
                    error = future.exception()
                    if error is not None and not isinstance(error, _Stopped):
                        raise error
            finally:
                stop.set()

    def _answer(self, wire: Wire, stop: threading.Event, key: str, ask: Ask) -> None:
        try:
            self._buy(wire, stop, key, ask)
        except BaseException:
            stop.set()
            raise

    def _buy(self, wire: Wire, stop: threading.Event, key: str, ask: Ask) -> None:
        """Have one request answered, paid and stored."""
        most, late = ask.most(self.prices), Late("never sent")
        for turn in range(self.endpoint.tries):
            self._rest(turn, stop)
            ticket = self._reserve(most, stop)
            try:
                body = self._post(wire, ask)
                answer, cost = answer_of(body, most, self.prices)
                self.accounts.settle(ticket, key, self.endpoint.name, answer.stored, cost)
                return
            except Late as error:
                late = error
                (self.accounts.lose if error.billed else self.accounts.release)(ticket)
            except Refused as error:
                if error.code in WITHHELD:
                    nothing = Answer("", "content_filter").stored
                    free = priced(0, 0, self.prices)
                    self.accounts.settle(ticket, key, self.endpoint.name, nothing, free)
                    return
                self.accounts.release(ticket)
                raise Unavailable(refusal(self.endpoint.name, error)) from None
            finally:
                with self._room:
                    self._room.notify_all()
            if late.after > PATIENCE:
                break
            self._not_before = max(self._not_before, time.monotonic() + late.after)
        raise Unavailable(absence(self.endpoint, late, patience=PATIENCE))

    def _rest(self, turn: int, stop: threading.Event) -> None:
        """Wait as long as the turn and the endpoint ask for."""
        pause = min(FIRST_PAUSE * 2 ** (turn - 1), LONGEST_PAUSE) * random.uniform(0.5, 1)
        until = time.monotonic() + (pause if turn else 0.0)
        while (left := max(until, self._not_before) - time.monotonic()) > 0:
            stop.wait(left)
            if stop.is_set():
                break
        if stop.is_set():
            raise _Stopped

    def _reserve(self, most: Cost, stop: threading.Event) -> int:
        """Enter a request; near a cap, once those under way, of any process, came back."""
        purse, model = self.endpoint.known_purse, self.endpoint.name
        with self._room:
            while not stop.is_set():
                ticket = self.accounts.reserve(purse, model, most, self.cap)
                if ticket is not None:
                    return ticket
                if not self.accounts.under_way(purse, self.endpoint.seconds):
                    raise Unavailable(
                        over_budget(purse, self.accounts.total(purse), self.cap, most)
                    )
                self._room.wait(1.0)
        raise _Stopped

    def _post(self, wire: Wire, ask: Ask) -> Mapping[str, Any]:
        """Send a request, without the parts this endpoint is known or found to refuse."""
        payload = ask.payload(self.endpoint.name)
        for known in tuple(self._conceded):
            payload = without(payload, known)
        while True:
            try:
                return wire.post(payload)
            except Refused as error:
                part = refused_part(payload, error.said) if error.status in NAMING else None
                if part is None:
                    raise
                payload = without(payload, part)
                with self._room:
                    if part not in self._conceded:
                        self._conceded.append(part)
