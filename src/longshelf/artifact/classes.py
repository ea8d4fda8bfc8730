"""Which classes an artifact may name: the allow-list, and nothing beside it."""

from __future__ import annotations

import importlib
import re
from dataclasses import is_dataclass
from typing import Any

from longshelf.errors import InputError

__all__ = ["METHODS", "PLAIN", "TRUSTED", "allowed", "path_of", "resolve"]

OWN = (
    "longshelf.corrections", "longshelf.features", "longshelf.models.base", "longshelf.models.dropout",
    "longshelf.models.classify", "longshelf.models.generate.asked",
    "longshelf.models.generate.ngram_writer", "longshelf.models.generate.small_gpt_writer",
    "longshelf.models.generate.template_writer", "longshelf.models.network", "longshelf.models.rank.item_texts",
    "longshelf.models.text", "longshelf.strategies.ensemble", "longshelf.strategies.network",
    "longshelf.strategies.step", "longshelf.tables", "longshelf.tasks.deciding", "longshelf.training",
)  # fmt: skip
"""Modules and packages of ours whose classes hold what was learned, and act on nothing else."""

OUTSIDE = ("longshelf.models.classify.chat_classifier", "longshelf.models.classify.prompted")
"""Modules within them that ask a language model: a file must never say whom to ask."""

LAYERS = "torch.nn.modules."

PLAIN = frozenset({"longshelf.models.rank.item_texts:ItemTexts"})
"""Classes that are neither dataclasses nor modules, and may be filled by name."""

METHODS = frozenset({("longshelf.models.text.own_words:OwnVocabulary", "encode")})
"""Bound methods that a fitted model may keep."""

TRUSTED = frozenset({"longshelf.prepare.words.words_of", "scipy.sparse._csr.csr_matrix"})
"""What scikit-learn's objects may name besides scikit-learn, by skops's check."""

_PATH = re.compile(r"[a-z_][a-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*")


def path_of(cls: type) -> str:
    """``module:Name`` of a class."""
    return f"{cls.__module__}:{cls.__qualname__}"


def allowed(path: str) -> bool:
    """Whether an artifact may name this class."""
    if not _PATH.fullmatch(path):
        return False
    module = path.partition(":")[0]
    if any(_within(module, name) for name in OUTSIDE):
        return False
    return any(_within(module, name) for name in OWN) or f"{module}.".startswith(LAYERS)


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def resolve(path: Any) -> Any:
    """The class of an allowed path; nothing else is imported, and nothing is called.

    Raises
    ------
    InputError
        If the path is not allowed, or there is no such class.
    """
    if not isinstance(path, str) or not allowed(path):
        raise InputError(
            f"the artifact names the class {path!r}, and only learned parts of longshelf and "
            "layers of torch.nn may be in one; do not use it"
        )
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"this version has no {path}, which the artifact names; install the version its "
            "manifest says, or export it again"
        ) from error
    fits = isinstance(found, type) and path_of(found) == path
    if not fits or not (is_dataclass(found) or path in PLAIN or _is_module(found)):
        raise InputError(f"{path} is nothing an artifact can hold; do not use it")
    return found


def _is_module(cls: type) -> bool:
    return any(path_of(one) == "torch.nn.modules.module:Module" for one in cls.__mro__)
