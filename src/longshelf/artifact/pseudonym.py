"""Pseudonyms of users: what an artifact and the service keep in place of an id."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from longshelf.errors import InputError

__all__ = ["DIGITS", "KEY", "pseudonym", "pseudonyms", "read_key"]

DIGITS = 32
"""Hexadecimal digits kept, 128 bits, as ``longshelf prepare`` keeps them."""

KEY = "LONGSHELF_KEY"
"""Environment variable that holds the key."""

_LEAST = 16


def pseudonym(ident: object, key: bytes) -> str:
    """HMAC-SHA256 [1]_ of an id as text, its first 128 bits as 32 hexadecimal digits.

    Who has the key can compute the pseudonym of a known id; who has not cannot, nor go back. It is
    the hash ``longshelf prepare`` computes, and the data stay personal data.

    Parameters
    ----------
    ident : object
        A number counts as its decimal digits, so 42 and "42" are one user.
    key : bytes
        At least 16, kept apart from the data.

    References
    ----------
    .. [1] RFC 2104, HMAC: Keyed-Hashing for Message Authentication, section 2.

    Examples
    --------
    >>> pseudonym(42, b"k" * 16) == pseudonym("42", b"k" * 16), len(pseudonym(42, b"k" * 16))
    (True, 32)
    """
    begun, ended = (state.copy() for state in _states(key))
    begun.update(str(ident).encode())
    ended.update(begun.digest())
    return ended.hexdigest()[:DIGITS]


@lru_cache(maxsize=8)
def _states(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Both hashes of RFC 2104 after the key: what :mod:`hmac` computes anew for every id."""
    block = hashlib.sha256().block_size
    short = hashlib.sha256(key).digest() if len(key) > block else key
    padded = short.ljust(block, b"\0")
    inner, outer = (hashlib.sha256(bytes(one ^ pad for one in padded)) for pad in (0x36, 0x5C))
    return inner, outer


def pseudonyms(idents: Iterable[object], key: bytes) -> list[str]:
    """The pseudonym of each id."""
    return [pseudonym(ident, key) for ident in idents]


def read_key(path: str | Path | None = None) -> bytes:
    """The key from a file, or from the environment variable :data:`KEY`; end of line left out.

    Parameters
    ----------
    path : str, Path or None
        None reads the environment.

    Raises
    ------
    InputError
        If there is none, or it is shorter than 16 bytes.
    """
    if path is None:
        found, where = os.environ.get(KEY, "").encode(), f"environment variable {KEY}"
        if not found:
            raise InputError(
                f"user ids are kept as keyed hashes, and there is no key: set {KEY} or give "
                f"--key-file FILE. {_HOW}"
            )
    else:
        where = str(path)
        try:
            found = Path(path).read_bytes().rstrip(b"\r\n")
        except OSError as error:
            raise InputError(f"the key file {where} cannot be read: {error.strerror}") from error
    if len(found) < _LEAST:
        raise InputError(
            f"the key in {where} has {len(found)} bytes; at least {_LEAST} are needed. {_HOW}"
        )
    return found


_HOW = "Make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
