"""Which attribute values a text names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from longshelf.prepare.folding import folded, located

__all__ = ["Mention", "Mentions"]


class Mention(NamedTuple):
    """A value of an attribute, found in a text.

    Parameters
    ----------
    attribute : str
    values : tuple of str
        More than one where their folded words are the same, such as Short and Shorts.
    start, end : int
        Where it stands in the text.
    """

    attribute: str
    values: tuple[str, ...]
    start: int
    end: int


class Mentions:
    """Looks the values of attributes up in texts, as whole words, case and plural aside.

    Of values that overlap, the longest counts: ``Navy Blue`` does not name ``Blue``. Attributes do
    not hide each other: ``Casual Shoes`` may be a category and name the usage ``Casual`` as well.

    Parameters
    ----------
    values : mapping of attribute to its values

    Examples
    --------
    >>> mentions = Mentions({"colour": ["Blue", "Navy Blue"], "kind": ["Watches"]})
    >>> [found.values for found in mentions.of("A navy-blue watch")]
    [('Navy Blue',), ('Watches',)]
    """

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        phrases: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        for attribute, own in values.items():
            for value in own:
                if words := tuple(folded(value)):
                    phrases[attribute, words] = (*phrases.get((attribute, words), ()), value)
        self._starting: dict[str, list[tuple[str, tuple[str, ...], tuple[str, ...]]]] = {}
        for (attribute, words), same in sorted(phrases.items(), key=lambda item: -len(item[0][1])):
            self._starting.setdefault(words[0], []).append((attribute, words, same))

    def of(self, text: str) -> list[Mention]:
        """Every value named, from left to right."""
        words = located(text)
        said = tuple(word.folded for word in words)
        taken: dict[str, int] = {}
        found = []
        for at, word in enumerate(said):
            for attribute, phrase, values in self._starting.get(word, ()):
                end = at + len(phrase)
                if at >= taken.get(attribute, 0) and said[at:end] == phrase:
                    taken[attribute] = end
                    found.append(Mention(attribute, values, words[at].start, words[end - 1].end))
        return found
