"""Steps uphill that stay within a ball."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy

__all__ = ["Ball"]


@dataclass(frozen=True, kw_only=True)
class Ball(Strategy):
    """How far embeddings may move, in how many steps, and how far in one."""

    abstract: ClassVar[bool] = True

    epsilon: float = 1.0
    steps: int = 3
    rate: float = 0.3

    def __post_init__(self) -> None:
        if self.epsilon <= 0 or self.rate <= 0 or self.steps < 1:
            raise InputError(
                f"{type(self).__name__} needs epsilon and rate above 0 and at least 1 step, "
                f"got {self.epsilon}, {self.rate} and {self.steps}"
            )
