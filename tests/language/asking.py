"""Requests to the local server, and what was paid for them."""

from longshelf.cache import Cache
from longshelf.language.accounts import Accounts
from longshelf.language.answers import Ask, Message
from longshelf.language.endpoint import Endpoint


def ask(text, **parameters):
    given = {"temperature": 0, "max_tokens": 20, **parameters}
    return Ask((Message("system", "Echo JSON."), Message("user", text)), given)


def endpoint(server, **given):
    return Endpoint(**{"name": "tiny", "address": server.address, **given})


def contents(server):
    return [request["messages"][-1]["content"] for request in server.requests]


def total(purse="default"):
    return Accounts(Cache.default().folder / "chat" / "paid.sqlite").total(purse)
