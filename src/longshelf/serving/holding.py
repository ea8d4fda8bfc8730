"""Everything that is loaded from artifacts, exchanged as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

from longshelf.artifact import Classifier, Recommender, TextWriter, load
from longshelf.errors import InputError, LongShelfError
from longshelf.serving.batcher import Batcher
from longshelf.serving.classes import Classes
from longshelf.serving.engine import Engine, Wish
from longshelf.serving.goods import Filter
from longshelf.serving.search import Search
from longshelf.serving.texts import Texts
from longshelf.tables import FloatArray

__all__ = ["Holding", "ReRanker", "hold", "read_reranker", "signature"]

ReRanker = Callable[[str, list[str]], Sequence[float]]
"""A query and titles to scores, the higher the better."""

T = TypeVar("T")


@dataclass(frozen=True)
class Holding:
    """Engines in the order of their artifacts, and what hangs on the first.

    Parameters
    ----------
    engines : list of Engine
    search : Search or None
    meaning : Batcher or None
        Encodes queries.
    silent : str
        Why queries cannot be encoded although the artifact has text vectors.
    texts : Texts or None
    classes : Classes or None
    names : list of str
        Of all artifacts.
    """

    engines: list[Engine]
    search: Search | None
    meaning: Batcher[str, FloatArray] | None
    silent: str
    texts: Texts | None
    classes: Classes | None
    names: list[str]

    def close(self) -> None:
        """End the threads once they are idle."""
        for one in (self.meaning, self.texts, self.classes):
            if one is not None:
                one.close()


def signature(folders: Sequence[str]) -> tuple[object, ...]:
    """Changes when an artifact is exchanged."""
    found: list[object] = []
    for folder in folders:
        about = os.stat(Path(folder) / "manifest.json")
        found.append((about.st_ino, about.st_mtime_ns, about.st_size))
    return tuple(found)


def hold(folders: Sequence[str], forgotten: Collection[str] = ()) -> Holding:
    """Load artifacts, verified, and warm them up: the first answers are given here.

    Parameters
    ----------
    folders : sequence of str
        Where they lie.
    forgotten : collection of str, default ()
        Pseudonyms whose vectors and histories are not kept, wherever an artifact still has them.

    Raises
    ------
    InputError
        If one is corrupt, or two hold classifiers or writers.
    """
    made: list[Any] = [load(folder) for folder in folders]
    classifier = _only(made, Classifier, "classifier")
    writer = _only(made, TextWriter, "writer")
    engines = [Engine(one.without(forgotten)) for one in made if isinstance(one, Recommender)]
    search = Search(engines[0]) if engines else None
    meaning, silent = _meaning(search)
    texts = None if writer is None else Texts(writer)
    classes = None if classifier is None else Classes(classifier)
    names = [str(one.manifest["name"]) for one in made]
    for engine in engines:
        _warm(engine)
    if search is not None:
        search.first(engines[0].goods.titles[0] if len(engines[0].goods) else "", None, Filter())
    if texts is not None:
        texts.warm()
    return Holding(engines, search, meaning, silent, texts, classes, names)


def _meaning(search: Search | None) -> tuple[Batcher[str, FloatArray] | None, str]:
    if search is None or search.text is None:
        return None, ""
    try:
        encode = search.meaning()
        if encode is None:
            return None, ""
        if encode(["warm"]).shape[1] != search.text.shape[1]:
            raise InputError("its vectors have another length than those of the artifact")
    except LongShelfError as error:
        return None, f"queries cannot be encoded by {search.encoder}: {error}"
    return Batcher(lambda texts: list(encode(texts)), most=16, bound=64, name="meaning"), ""


def _only(made: Sequence[object], kind: type[T], name: str) -> T | None:
    """The one artifact of its kind, if there is one."""
    found = [one for one in made if isinstance(one, kind)]
    if len(found) > 1:
        raise InputError(f"one {name} can be served at a time, got {len(found)} artifacts of it")
    return found[0] if found else None


def _warm(engine: Engine) -> None:
    if not engine.goods.shown:
        return
    users = ["", *engine.made.users[:20]]
    for user, touched in product(users, ((), (0,))):
        engine.recommend(Wish(user=user, touched=touched))
    engine.related(0, 10, Filter())


def read_reranker(name: str) -> ReRanker:
    """The function behind ``module:function``.

    Raises
    ------
    InputError
        If there is none.
    """
    module, _, attribute = name.partition(":")
    try:
        found: ReRanker = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"cannot load the re-ranker {name!r}: {error}; write module:function"
        ) from error
    return found
