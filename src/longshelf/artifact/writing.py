"""What writers of texts are made of, as files: patterns, word chains, a small GPT."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from longshelf.artifact.classes import path_of
from longshelf.errors import InputError

if TYPE_CHECKING:
    from longshelf.artifact.frozen import Freezer
    from longshelf.artifact.thawed import Thawer

__all__ = ["freeze_writing", "thaw_chain", "thaw_gpt", "thaw_pattern"]

PATTERN = "longshelf.models.generate.patterns:Pattern"
TEMPLATES = "longshelf.models.generate.template_writer:FittedTemplates"
CHAIN = "longshelf.generators.word_chains:WordChain"
GPT = "longshelf.language.small_gpt:TrainedGpt"
NONE = -1


def freeze_writing(freezer: Freezer, value: Any, where: str) -> dict[str, Any] | None:
    """What is kept of a part of a writer; None for every other value."""
    path = path_of(type(value))
    if path == PATTERN:
        return {"is": "pattern", "pieces": list(value.pieces), "slots": list(value.slots)}
    if path == TEMPLATES:
        return freezer.whole(replace(value, _usable={}), where)
    if path == CHAIN:
        return _freeze_chain(freezer, value, where)
    if path == GPT:
        return {
            "is": "gpt", "recipe": asdict(value.recipe), "levels": [list(own) for own in value.levels],
            "tokens": value.tokens.render(),
            "state": freezer.node(dict(value.net.state_dict()), f"{where}.state"),
        }  # fmt: skip
    return None


def _freeze_chain(freezer: Freezer, chain: Any, where: str) -> dict[str, Any]:
    """Histories and who follows them, as codes of words, in the order they are drawn from."""
    followers = chain.followers
    words = sorted({word for key, after in followers.items() for word in (*key, *after)})
    code = {word: at for at, word in enumerate(words)}
    histories = np.full((len(followers), max(1, chain.order)), NONE, dtype=np.int32)
    for row, key in enumerate(followers):
        histories[row, : len(key)] = [code[word] for word in key]
    ends = np.cumsum([len(after) for after in followers.values()], dtype=np.int64)
    after = np.array([code[word] for own in followers.values() for word in own], dtype=np.int32)
    parts = {"histories": histories, "ends": ends, "after": after}
    freezer.tensors |= {f"{where}.{name}": held for name, held in parts.items()}
    return {
        "is": "chain", "at": where, "words": words, "order": chain.order, "borrow": chain.borrow,
        "longest": chain.longest, "shortest": chain.shortest,
        "wider": freezer.node(chain.wider, f"{where}.wider"),
    }  # fmt: skip


def thaw_pattern(thawer: Thawer, node: Any) -> Any:
    """A pattern of a text."""
    from longshelf.models.generate.patterns import Pattern

    made = Pattern(tuple(map(str, node["pieces"])), tuple(map(str, node["slots"])))
    if len(made.pieces) != len(made.slots) + 1:
        raise InputError("a pattern has one piece more than slots; export the artifact again")
    return made


def thaw_chain(thawer: Thawer, node: Any) -> Any:
    """A chain of words that draws as the one that was frozen."""
    from longshelf.generators.word_chains import WordChain

    histories, ends, after = (
        thawer.tensors[f"{node['at']}.{part}"] for part in ("histories", "ends", "after")
    )
    words = [str(word) for word in node["words"]]
    wider = thawer.value(node["wider"])
    made = WordChain((), int(node["order"]), wider, float(node["borrow"]))
    made.longest, made.shortest = int(node["longest"]), int(node["shortest"])
    starts = [0, *ends.tolist()]
    for row, key in enumerate(histories.tolist()):
        history = tuple(words[code] for code in key if code != NONE)
        own = after[starts[row] : starts[row + 1]].tolist()
        made.followers[history] = [words[code] for code in own]
        made.kinds[history] = len(set(own))
    return made


def thaw_gpt(thawer: Thawer, node: Any) -> Any:
    """A small GPT with its tokens.

    Raises
    ------
    InputError
        If the weights do not fit the network its recipe says.
    """
    import torch

    from longshelf.language.small_gpt import GptRecipe, TrainedGpt
    from longshelf.language.text_tokens import TextTokens

    with torch.random.fork_rng():
        made = TrainedGpt.fresh(
            TextTokens.parse(node["tokens"]), node["levels"], GptRecipe(**node["recipe"])
        )
    try:
        made.net.load_state_dict(thawer.value(node["state"]))
    except RuntimeError as error:
        raise InputError(
            f"the weights do not fit the small GPT: {error}; export it again"
        ) from error
    made.net.eval()
    return made
