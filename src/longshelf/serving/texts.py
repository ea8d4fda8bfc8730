"""Product texts of a writer's artifact, one question after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from longshelf.artifact import TextWriter, Written
from longshelf.errors import InputError
from longshelf.serving.batcher import Batcher
from longshelf.serving.problems import Problem

__all__ = ["Texts"]

Product: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
"""Category and attributes."""


class Texts:
    """A bounded queue before a writer, in a thread of its own.

    Every text is written by itself: what others ask at the same time changes no word of it.

    Parameters
    ----------
    made : TextWriter
    """

    def __init__(self, made: TextWriter) -> None:
        self.made = made
        self._batcher: Batcher[Product, Written | InputError] = Batcher(
            lambda asked: [self._written(*one) for one in asked], most=4, bound=32, name="describe"
        )

    async def ask(self, category: str, attributes: Mapping[str, str], patience: float) -> Written:
        """A text and what it says.

        Raises
        ------
        Problem
            If the writer knows no such category.
        Busy
            If too many questions wait.
        TimeoutError
            If it took longer than ``patience`` seconds.
        """
        found = await self._batcher.ask((category, tuple(attributes.items())), patience)
        if isinstance(found, InputError):
            raise Problem(422, str(found))
        return found

    def warm(self) -> None:
        """Write once, so that whatever a writer imports is there before somebody asks."""
        self.made.write(self.made.categories[0], {})

    def close(self) -> None:
        """End the thread once it is idle."""
        self._batcher.close()

    def _written(
        self, category: str, attributes: tuple[tuple[str, str], ...]
    ) -> Written | InputError:
        try:
            return self.made.write(category, dict(attributes))
        except InputError as error:
            return error
