"""Fitted things that are more than their fields: what stays behind, and what goes by name."""

from __future__ import annotations

from dataclasses import replace
from types import MethodType
from typing import TYPE_CHECKING, Any

from longshelf.artifact.classes import path_of
from longshelf.errors import InputError

if TYPE_CHECKING:
    from longshelf.artifact.frozen import Freezer
    from longshelf.artifact.thawed import Thawer

__all__ = ["freeze_special", "thaw_encoder", "thaw_reader"]

ENCODER = "longshelf.features.encoder:FittedEncoder"
CATEGORIES = "longshelf.features.encodings:FittedCategories"
READER = "longshelf.models.text.reading:FittedReader"
READING = "longshelf.models.text.reading:Reading"


def freeze_special(freezer: Freezer, value: Any, where: str) -> dict[str, Any] | None:
    """What is kept of a value that needs more than its fields; None for every other."""
    path = path_of(type(value))
    if path == ENCODER:
        return {
            "is": "encoder", "recipe": freezer.node(value.recipe, f"{where}.recipe"),
            "columns": freezer.node(value.columns, f"{where}.columns"),
            "sha256": value.source.measured,
        }  # fmt: skip
    if path == CATEGORIES and value.ids is not None:
        bare = replace(value, held_out=None, ids=None)
        return freezer.whole(bare, where)
    if path == READER and isinstance(value.read, MethodType):
        reading = value.read.__self__
        if path_of(type(reading)) == READING:
            return _freeze_reader(freezer, value, reading, where)
    return None


def _freeze_reader(freezer: Freezer, value: Any, reading: Any, where: str) -> dict[str, Any]:
    """The recipe and the pretrained source by name; of the network all that the source lacks."""
    net = value.fitted.net
    state = {
        name: held for name, held in net.learned().items() if not name.startswith("head.")
    }  # fmt: skip
    return {
        "is": "reader", "recipe": freezer.node(reading.recipe, f"{where}.recipe"),
        "sha256": reading.source.measured, "outputs": int(net.head.weight.shape[0]),
        "state": freezer.node(state, f"{where}.state"),
        "head": freezer.node(net.head, f"{where}.head"),
    }  # fmt: skip


def thaw_encoder(thawer: Thawer, node: Any) -> Any:
    """A pretrained encoder, found by name, if its weights are the same.

    Raises
    ------
    InputError
        If they are not.
    Unavailable
        If it is not installed.
    """
    from longshelf.features.encoder import Encoder, FittedEncoder
    from longshelf.features.pretrained import locate

    recipe = thawer.value(node["recipe"])
    if not isinstance(recipe, Encoder):
        raise InputError(f"an encoder's recipe is a {type(recipe).__name__}; do not use it")
    source = locate(recipe.name)
    _check_same(recipe.name, source.measured, node["sha256"])
    return FittedEncoder(recipe, thawer.value(node["columns"]), source)


def thaw_reader(thawer: Thawer, node: Any) -> Any:
    """A tuned transformer: the pretrained one found by name, what was learned put back.

    Raises
    ------
    InputError
        If the pretrained weights are others, or the learned ones do not fit.
    Unavailable
        If it is not installed.
    """
    import torch

    from longshelf.features.pretrained import locate
    from longshelf.models.classify.transformer import Transformer
    from longshelf.models.text.reading import FittedReader
    from longshelf.training import FittedNet

    recipe = thawer.value(node["recipe"])
    if not isinstance(recipe, Transformer):
        raise InputError(f"a reader's recipe is a {type(recipe).__name__}; do not use it")
    _check_same(recipe.name, locate(recipe.name).measured, node["sha256"])
    with torch.random.fork_rng():
        reading = recipe.reading()
        net = reading.network(int(node["outputs"]))
    net.head = thawer.value(node["head"])
    state = thawer.value(node["state"])
    absent, strange = net.load_state_dict(state, strict=False)
    wanted = {name for name in net.learned() if not name.startswith("head.")}
    if strange or wanted & set(absent):
        raise InputError("the learned weights do not fit the transformer; export it again")
    return FittedReader(FittedNet(net.eval()), reading.read)


def _check_same(name: str, got: str, wanted: Any) -> None:
    if got != wanted:
        raise InputError(
            f"the weights of {name} hash to {got}, and the artifact was made with {wanted}; "
            "install the same ones, or export it again"
        )
