"""Why asking a language model stopped, in words that say how to go on."""

from __future__ import annotations

from longshelf.language.accounts import Cap, Cost, Total
from longshelf.language.endpoint import Endpoint
from longshelf.language.wire import Late, Refused

__all__ = ["absence", "over_budget", "refusal"]


def over_budget(purse: str, spent: Total, cap: Cap, most: Cost) -> str:
    """What a purse says when the next request may pass a cap.

    Examples
    --------
    >>> print(over_budget("p", Total(0, 9, 800, 0.4, 0, 0, 0.0), Cap(tokens=900), Cost(90, 20, None)))
    purse 'p' may spend 900 tokens, and the next request could pass that: 9 requests took 800
    tokens, the next may take 110 tokens. Raise token_budget or LONGSHELF_CHAT_TOKENS, or name another purse
    """
    limits, ways = [], []
    if cap.money is not None:
        limits.append(f"{cap.money:g} of money")
        ways.append("budget or LONGSHELF_CHAT_BUDGET")
    if cap.tokens is not None:
        limits.append(f"{cap.tokens:,} tokens")
        ways.append("token_budget or LONGSHELF_CHAT_TOKENS")
    lost = (
        f", {spent.open_requests:,} under way or lost may take "
        f"{_amount(spent.open_tokens, spent.open_money, cap)}"
        if spent.open_requests
        else ""
    )
    return (
        f"purse {purse!r} may spend {' and '.join(limits)}, and the next request could pass that: "
        f"{spent.requests:,} requests took {_amount(spent.tokens, spent.money, cap)}{lost}, "
        f"the next may take {_amount(most.tokens, most.money or 0.0, cap)}. "
        f"Raise {' and '.join(ways)}, or name another purse"
    )


def _amount(tokens: int, money: float, cap: Cap) -> str:
    priced = "" if cap.money is None else f"{money:.6g} of money and "
    return f"{priced}{tokens:,} tokens"


def refusal(name: str, error: Refused) -> str:
    """What is said when the endpoint will not answer."""
    cure = {
        401: "; set LONGSHELF_CHAT_KEY",
        403: "; the key in LONGSHELF_CHAT_KEY may not do this",
        404: "; check the model's name and that the address ends before /chat/completions",
    }
    return f"the endpoint refuses to let {name!r} answer, {error}{cure.get(error.status, '')}"


def absence(endpoint: Endpoint, late: Late, *, patience: float) -> str:
    """What is said when no answer came, or one is promised too late."""
    if late.after > patience:
        return f"the endpoint of {endpoint.name!r} asks to wait {late.after:,.0f} s ({late})"
    return (
        f"no answer of {endpoint.name!r} in {endpoint.tries} tries, the last time: {late}; "
        f"raise tries or seconds, or lower at_once={endpoint.at_once}"
    )
