"""Loops compiled to machine code, kept from one process to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from longshelf.errors import Unavailable

try:
    from numba import njit
except ImportError as error:
    raise Unavailable(
        "compiled loops need the package 'numba', part of the extras 'deep' and 'serve'; "
        "install it with: pip install numba"
    ) from error

__all__ = ["compiled", "inlined"]

HOW = {"fastmath": {"reassoc", "contract", "nsz"}, "error_model": "numpy", "nogil": True}

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Machine code, kept beside the source or in the user's cache where one of them can be written."""
    made: F
    try:
        made = njit(cache=True, **HOW)(function)
    except RuntimeError:
        made = njit(**HOW)(function)
    return made


def inlined(function: F) -> F:
    """A part of compiled loops, written out in each of them."""
    made: F = njit(inline="always", **HOW)(function)
    return made
