"""Pseudonyms of users: a keyed hash that both engines compute alike."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import ibis

from longshelf.errors import InputError

if TYPE_CHECKING:
    from ibis.expr.types import Value

    from longshelf.prepare.events.engine import Engine

__all__ = ["DIGITS", "check_key", "pseudonym"]

DIGITS = 32
"""Hexadecimal digits kept, 128 bits: among ten million users a collision has odds of 1 to 7e24."""

_BLOCK = 64
_LEAST = 16


def pseudonym(engine: Engine, ident: Value, key: bytes) -> Value:
    """HMAC-SHA256 [1]_ of an id, its first 128 bits as 32 hexadecimal digits.

    Who has the key can compute the pseudonym of a known id; who has not cannot, nor go back. The
    data stay personal data: it is a pseudonym, and no anonymity.

    Parameters
    ----------
    engine : Engine
        Where it runs.
    ident : text or whole number column
        A number is hashed as its decimal digits, so 42 and "42" are one user.
    key : bytes
        At least 16, kept apart from the data.

    References
    ----------
    .. [1] RFC 2104, HMAC: Keyed-Hashing for Message Authentication, section 2.
    """
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block).hex() for pad in (0x36, 0x5C))
    message = _joined(_unhex(inner), engine.utf8(ident.cast("string")))
    hashed = engine.sha256(_joined(_unhex(outer), _unhex(engine.sha256(message))))
    return hashed.substr(0, DIGITS)


def check_key(key: bytes) -> bytes:
    """Refuse a key that can be guessed.

    Raises
    ------
    InputError
    """
    if len(key) < _LEAST:
        raise InputError(
            f"the key has {len(key)} bytes; at least {_LEAST} are needed. "
            "Make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return key


@ibis.udf.scalar.builtin(name="unhex")  # type: ignore[untyped-decorator]
def _unhex(digits: str) -> bytes: ...  # type: ignore[empty-body]


@ibis.udf.scalar.builtin(name="concat")  # type: ignore[untyped-decorator]
def _joined(left: bytes, right: bytes) -> bytes: ...  # type: ignore[empty-body]
