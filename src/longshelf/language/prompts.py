"""Prompts that ask for a label: a template, names to choose from, and examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from longshelf.errors import InputError
from longshelf.prepare.words import Language

__all__ = ["CONTENT_FREE", "TEMPLATES", "Template", "described"]

TEMPLATES: Mapping[Language, str] = {
    "en": "Title: {text}\nCategory: {label}\n\n",
    "zh": "标题：{text}\n类别：{label}\n\n",
}
"""What is used where the user gives no template."""

CONTENT_FREE = ("N/A", "[MASK]", "")
"""Texts that say nothing of any label: Zhao et al., ICML 2021, arXiv:2102.09690, section 5."""


@dataclass(frozen=True)
class Template:
    """One question with its answer.

    Parameters
    ----------
    before : str
        Up to the text.
    between : str
        From the text to the answer, without the space before the answer.
    space : str
        What parts question and answer: tokenizers hold it with the answer.
    after : str
        What follows an answer; it belongs to what is scored, so that ``Shoes`` is not preferred
        to ``Shoes Care`` for being its beginning.
    """

    before: str
    between: str
    space: str
    after: str

    @classmethod
    def read(cls, written: str) -> Template:
        """A template from its text.

        Raises
        ------
        InputError
            If ``{text}`` and then ``{label}`` are not there once each, with something between.

        Examples
        --------
        >>> template = Template.read("Title: {text}\\nCategory: {label}\\n")
        >>> template.ask("red {x}  dress"), template.answer("Dresses")
        ('Title: red {x} dress\\nCategory:', ' Dresses\\n')
        """
        before, text, rest = written.partition("{text}")
        between, label, after = rest.partition("{label}")
        held = any("{text}" in part or "{label}" in part for part in (before, between, after))
        if not text or not label or held or not between.strip():
            raise InputError(
                "a template holds {text} and, some words later, {label}, each once, such as "
                f"'Title: {{text}}\\nCategory: {{label}}\\n\\n'; got {written!r}"
            )
        asked = between.rstrip(" ")
        return cls(before, asked, between[len(asked) :], after)

    def ask(self, text: str) -> str:
        """The question about a text, which is put on one line."""
        return f"{self.before}{' '.join(text.split())}{self.between}"

    def answer(self, label: str) -> str:
        """A label as it continues the question."""
        return f"{self.space}{' '.join(label.split())}{self.after}"

    def show(self, examples: Iterable[tuple[str, str]]) -> str:
        """Answered questions, one after another, from pairs of text and label."""
        return "".join(self.ask(text) + self.answer(label) for text, label in examples)


def described(names: Sequence[str], texts: Sequence[str] | None) -> str:
    """Labels to choose from, one a line, with what is said of them.

    Examples
    --------
    >>> print(described(["Ties", "Mugs"], ["worn at the neck", ""]))
    - Ties: worn at the neck
    - Mugs
    """
    told = texts if texts is not None else [""] * len(names)
    return "\n".join(
        f"- {name}: {text}" if text and text != name else f"- {name}"
        for name, text in zip(names, told, strict=True)
    )
