"""Who may ask, and how often."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from longshelf.errors import InputError

__all__ = ["Access", "Bucket", "read_keys"]

CALLERS = 10_000
"""Buckets kept; the one idle longest goes."""


@dataclass(slots=True)
class Bucket:
    """Tokens that grow back; a request takes one."""

    tokens: float
    moment: float


class Access:
    """API keys by their SHA-256, and a token bucket for each caller.

    Parameters
    ----------
    keys : mapping of name to SHA-256 in hexadecimal digits
        Empty: whoever reaches the service may ask, and callers go by their address.
    rate : float, default 0
        Requests a second of one caller in one worker; 0 is unbounded.
    burst : float or None
        Requests at once; None allows two seconds' worth.
    """

    def __init__(
        self, keys: Mapping[str, str], rate: float = 0.0, burst: float | None = None
    ) -> None:
        self.keys = [(name, bytes.fromhex(digest)) for name, digest in keys.items()]
        self.rate = rate
        self.burst = max(1.0, 2 * rate if burst is None else burst)
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def caller(self, key: str, address: str) -> str | None:
        """The name a key belongs to; None if to nobody. Every key is compared, in constant time."""
        if not self.keys:
            return address
        given = hashlib.sha256(key.encode()).digest()
        found = None
        for name, digest in self.keys:
            if hmac.compare_digest(given, digest):
                found = name
        return found

    def wait(self, caller: str, now: float | None = None) -> float:
        """Take a token: 0, or the seconds until there is one."""
        if self.rate <= 0:
            return 0.0
        moment = time.monotonic() if now is None else now
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = Bucket(self.burst, moment)
            if len(self._buckets) > CALLERS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(caller)
        grown = max(0.0, moment - bucket.moment) * self.rate
        bucket.tokens = min(self.burst, bucket.tokens + grown)
        bucket.moment = moment
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / self.rate


def read_keys(path: str | Path) -> dict[str, str]:
    """Names and hashes from a file of lines ``name sha256``.

    Raises
    ------
    InputError
        If the file cannot be read, or a line is something else.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"the API keys {path} cannot be read: {error}") from error
    keys: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, digest = line.strip().rpartition(" ")
        if not name.strip() or not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise InputError(
                f"line {number} of {path} must be a name and the SHA-256 of a key; make one with: "
                "printf %s KEY | sha256sum"
            )
        keys[name.strip()] = digest
    if not keys:
        raise InputError(f"{path} holds no API key")
    return keys
