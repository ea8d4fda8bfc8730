"""Which chat endpoint a component talks to, and what it may cost."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from longshelf.errors import InputError, Unavailable

if TYPE_CHECKING:
    from longshelf.language.chat import ChatClient

__all__ = ["Address", "Endpoint", "address_of"]


@dataclass(frozen=True)
class Address:
    """Where requests go.

    Parameters
    ----------
    url : str
        Without credentials, query and the path of the method.
    login : (user, password) or None
        Never shown.
    """

    url: str
    login: tuple[str, str] | None = field(default=None, repr=False)


def address_of(text: str) -> Address:
    """Read an address and part it from its credentials.

    Raises
    ------
    InputError
        If it is no http address, or holds a query; the address itself is not repeated.

    Examples
    --------
    >>> address_of("http://me:secret@localhost:8000/v1/").url
    'http://localhost:8000/v1'
    """
    try:
        parts = urlsplit(text.strip())
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise InputError(f"the chat address cannot be read: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise InputError(
            "a chat address reads https://host/v1, the part before /chat/completions, with no "
            f"query; got scheme {parts.scheme!r}, host {parts.hostname!r}"
            + (" and a query" if parts.query else "")
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return Address(f"{parts.scheme}://{host}{port}{path}", login)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A language model behind an OpenAI-compatible chat address.

    The key comes from ``LONGSHELF_CHAT_KEY`` alone, so that no name, suite or stored cell can hold
    it. Only ``name`` says which model answers; where it is served and what it may cost make no
    other cell. Answers are kept for good in the cache folder, under the model, the messages and
    the parameters, and are never paid for twice.

    Parameters
    ----------
    name : str, default ""
        Of the model, as the endpoint calls it; must be given.
    address : str or None, default None
        Such as ``https://host/v1``, without credentials; None is ``LONGSHELF_CHAT_ADDRESS``.
    prices : (float, float) or None, default None
        Money per million tokens read and written; None is ``LONGSHELF_CHAT_PRICES``, as ``0.15,0.6``.
    budget : float or None, default None
        Money at most, in the unit of the prices; None is ``LONGSHELF_CHAT_BUDGET``, or no limit.
    token_budget : int or None, default None
        Tokens at most, read and written; None is ``LONGSHELF_CHAT_TOKENS``, or no limit.
    purse : str or None, default None
        What is spent under one name is counted together, by every process and every run; None is
        ``LONGSHELF_CHAT_PURSE``, or ``default``. Another name starts from nothing.
    at_once : int >= 1, default 8
        Requests under way at most, in each process.
    seconds : float, default 60
        How long to wait for an answer.
    tries : int >= 1, default 6
        How often a request is sent while the endpoint is busy, broken or late.

    Raises
    ------
    InputError
        If an argument is out of range, or the address holds credentials.
    """

    name: str = ""
    address: str | None = field(default=None, compare=False)
    prices: tuple[float, float] | None = field(default=None, compare=False)
    budget: float | None = field(default=None, compare=False)
    token_budget: int | None = field(default=None, compare=False)
    purse: str | None = field(default=None, compare=False)
    at_once: int = field(default=8, compare=False)
    seconds: float = field(default=60.0, compare=False)
    tries: int = field(default=6, compare=False)

    def __post_init__(self) -> None:
        if self.address is not None and address_of(self.address).login is not None:
            raise InputError(
                "an address in a suite or a name is written to disk and must hold no credentials; "
                "put a key into LONGSHELF_CHAT_KEY, or the whole address into "
                "LONGSHELF_CHAT_ADDRESS"
            )
        if self.prices is not None:
            object.__setattr__(self, "prices", _prices(self.prices, "prices"))
        for name, least in (("at_once", 1), ("tries", 1), ("seconds", 0), ("budget", 0)):
            value = getattr(self, name)
            if value is not None and not (value >= least and math.isfinite(value)):
                raise InputError(f"{name} of a chat endpoint is at least {least}, got {value!r}")

    def connect(self, *, key: str | None = None, folder: Path | None = None) -> ChatClient:
        """A client of this endpoint; a context manager.

        Parameters
        ----------
        key : str or None
            Sent as a bearer token; None is ``LONGSHELF_CHAT_KEY``, or no key.
        folder : Path or None
            Where answers and costs are kept; None is ``chat`` in the cache folder.

        Raises
        ------
        InputError
            If no model is named, or money is capped without prices.
        """
        from longshelf.cache import Cache
        from longshelf.language.accounts import Accounts, Cap
        from longshelf.language.chat import ChatClient

        if not self.name:
            raise InputError(
                "a chat endpoint needs the name of a model as the endpoint calls it: name='…'"
            )
        cap = Cap(
            _float("BUDGET") if self.budget is None else self.budget,
            _tokens() if self.token_budget is None else self.token_budget,
        )
        prices = self.known_prices
        if cap.money is not None and prices is None:
            raise InputError(
                f"a budget of {cap.money:g} means nothing without prices: give money per million "
                "tokens read and written, prices=(0.15, 0.6) or LONGSHELF_CHAT_PRICES=0.15,0.6; "
                "or cap tokens, token_budget or LONGSHELF_CHAT_TOKENS"
            )
        secret = os.environ.get("LONGSHELF_CHAT_KEY", "") if key is None else key
        place = (folder or Cache.default().folder / "chat") / "paid.sqlite"
        return ChatClient(self, secret.strip(), cap, prices, Accounts(place))

    @property
    def known_prices(self) -> tuple[float, float] | None:
        """Money per million tokens read and written, from the argument or the environment."""
        said = os.environ.get("LONGSHELF_CHAT_PRICES")
        if self.prices is not None or not said:
            return self.prices
        return _prices(said.split(","), "LONGSHELF_CHAT_PRICES")

    @property
    def known_purse(self) -> str:
        """The purse requests are paid from."""
        return self.purse or os.environ.get("LONGSHELF_CHAT_PURSE") or "default"

    @property
    def known_address(self) -> Address:
        """Where requests go, from the argument or the environment.

        Raises
        ------
        Unavailable
            If neither says.
        """
        said = self.address or os.environ.get("LONGSHELF_CHAT_ADDRESS")
        if not said:
            raise Unavailable(
                f"no address for the language model {self.name!r}; give address='https://host/v1' "
                "or set LONGSHELF_CHAT_ADDRESS, and LONGSHELF_CHAT_KEY where a key is needed"
            )
        return address_of(said)


def _prices(given: object, where: str) -> tuple[float, float]:
    try:
        read, written = (float(one) for one in given)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        read = written = -1.0
    if not (math.isfinite(read) and math.isfinite(written) and read >= 0 and written >= 0):
        raise InputError(
            f"{where} are two amounts of money of at least 0, per million tokens read and written, "
            f"such as 0.15,0.6; got {given!r}"
        )
    return read, written


def _float(name: str) -> float | None:
    said = os.environ.get(f"LONGSHELF_CHAT_{name}")
    if not said:
        return None
    try:
        value = float(said)
    except ValueError:
        value = -1.0
    if not (value >= 0 and math.isfinite(value)):
        raise InputError(f"LONGSHELF_CHAT_{name} is a number of at least 0, got {said!r}")
    return value


def _tokens() -> int | None:
    value = _float("TOKENS")
    return None if value is None else int(value)
