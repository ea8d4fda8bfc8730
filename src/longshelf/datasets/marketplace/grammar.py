"""The words the simulated shop writes its titles with, per language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LANGUAGES", "Department", "Grammar", "grammar"]

LANGUAGES = ("en", "zh")
Words = NDArray[np.str_]


@dataclass(frozen=True)
class Department:
    """Words that every class of a department shares."""

    name: str
    shared: Words
    adjectives: Words
    materials: Words
    purposes: Words


@dataclass(frozen=True)
class Grammar:
    """Everything a title is made of.

    Parameters
    ----------
    brands, colours, sizes, seasons : (w,) str array
        Words any product can carry.
    departments : tuple of Department
        Upper level of the category tree.
    classes : (C,) str array
        Lower level, department by department.
    department_of : (C,) int array
        Position of each class's department.
    nouns : (C, 2) str array
        What only this class is called.
    glue : str
        Between the words of a title: a space, or nothing in Chinese.
    """

    brands: Words
    colours: Words
    sizes: Words
    seasons: Words
    departments: tuple[Department, ...]
    classes: Words
    department_of: NDArray[np.int64]
    nouns: Words
    glue: str


@cache
def grammar(language: str) -> Grammar:
    """The grammar of a language.

    Examples
    --------
    >>> len(grammar("en").classes), len(grammar("zh").classes)
    (40, 40)
    """
    import yaml

    text = files("longshelf.datasets.marketplace").joinpath(f"grammar_{language}.yaml")
    words: Mapping[str, Any] = yaml.safe_load(text.read_text(encoding="utf-8"))
    departments = words["departments"]
    classes = [(k, name, nouns) for k, (_, told) in enumerate(departments.items())
               for name, nouns in told["classes"].items()]  # fmt: skip
    return Grammar(
        brands=np.array(words["brands"]),
        colours=np.array(words["colours"]),
        sizes=np.array(words["sizes"]),
        seasons=np.array(words["seasons"]),
        departments=tuple(
            Department(
                name,
                *(np.array(told[key]) for key in ("shared", "adjectives", "materials", "purposes")),
            )
            for name, told in departments.items()
        ),
        classes=np.array([name for _, name, _ in classes]),
        department_of=np.array([k for k, _, _ in classes]),
        nouns=np.array([nouns for _, _, nouns in classes]),
        glue=" " if language == "en" else "",
    )
