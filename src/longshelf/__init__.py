"""LongShelf (长尾货架): which remedy for imbalance is worth it on your data, for your model.

>>> import longshelf as ls
>>> dataset = ls.load("marketplace")
>>> dataset.schema.label
('category',)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from longshelf.arm import fit
    from longshelf.components import build, show
    from longshelf.diagnosis import diagnose
    from longshelf.errors import InputError, LongShelfError, NotApplicable, Unavailable
    from longshelf.experiment.run import run
    from longshelf.loading import load
    from longshelf.results import Results
    from longshelf.strategies import Strategy
    from longshelf.tables import Dataset, Schema
    from longshelf.validation import validate

__all__ = [
    "Dataset",
    "InputError",
    "LongShelfError",
    "NotApplicable",
    "Results",
    "Schema",
    "Strategy",
    "Unavailable",
    "build",
    "diagnose",
    "fit",
    "load",
    "run",
    "show",
    "validate",
]

_HOMES = {
    "Dataset": "tables",
    "InputError": "errors",
    "LongShelfError": "errors",
    "NotApplicable": "errors",
    "Results": "results",
    "Schema": "tables",
    "Strategy": "strategies",
    "Unavailable": "errors",
    "build": "components",
    "diagnose": "diagnosis",
    "fit": "arm",
    "load": "loading",
    "run": "experiment.run",
    "show": "components",
    "validate": "validation",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that importing longshelf costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'longshelf' has no attribute {name!r}")
    return getattr(import_module(f"longshelf.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
