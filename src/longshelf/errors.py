"""The exceptions a user of LongShelf can meet.

::

    LongShelfError
    ├── InputError       what was asked cannot be done as written: file, flag, suite, argument, data
    ├── NotApplicable    a strategy needs what this model or these features do not offer
    └── Unavailable      an extra, a file, a download or a stored result is missing or broken

    UserWarning
    └── LongShelfWarning it will work, but probably not as the user hopes

Every message says what was asked, what was got, what is allowed and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "InputError",
    "LongShelfError",
    "LongShelfWarning",
    "NotApplicable",
    "Unavailable",
    "missing_extra",
    "unknown",
]


class LongShelfError(Exception):
    """Root of the tree: catch it to catch everything LongShelf raises on purpose."""


class InputError(LongShelfError, ValueError):
    """The request or the data cannot be used as they are; the message says how to mend them."""


class NotApplicable(LongShelfError):
    """The strategy asks for something this model or these features do not have."""


class Unavailable(LongShelfError):
    """Something outside the request is missing or broken: an extra, a file, a hash."""


class LongShelfWarning(UserWarning):
    """Something will work, but probably not as the user hopes."""


def unknown(kind: str, got: object, allowed: Iterable[str]) -> InputError:
    """Build the error for a name that is not in a list, with the nearest names first.

    Examples
    --------
    >>> print(unknown("strategy", "Smoet", ["Smote", "Focal"]))
    unknown strategy 'Smoet'; did you mean 'Smote'? Known: Focal, Smote
    """
    names = sorted(allowed)
    folded = {name.lower(): name for name in names}
    near = [folded[hit] for hit in get_close_matches(str(got).lower(), folded, n=2, cutoff=0.6)]
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
    return InputError(f"unknown {kind} {got!r}{hint} Known: {', '.join(names) or 'none'}")


def missing_extra(package: str, extra: str, purpose: str) -> Unavailable:
    """Build the error for an optional dependency that is not installed.

    Examples
    --------
    >>> print(missing_extra("torch", "deep", "the torch models"))
    the torch models need the package 'torch'; install it with: pip install 'longshelf[deep]'
    """
    return Unavailable(
        f"{purpose} need the package {package!r}; install it with: pip install 'longshelf[{extra}]'"
    )
