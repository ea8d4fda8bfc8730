"""The upper layers of a transformer alone, over what the lower ones gave once and for all."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from longshelf.cache import Latest, digest
from longshelf.features.pretrained import Pretrained
from longshelf.models.network import blocks
from longshelf.models.text.encoder_net import Pooling, layers_of, load, pool
from longshelf.models.text.packed import LayeredBody
from longshelf.models.text.tokens import TokenBatch, Tokens
from longshelf.tables import FloatArray, IntArray

__all__ = ["Activations", "LowerLayers", "StateBatch", "StateStem", "UpperBody", "cut"]

IN_MEMORY = 2**30
"""Bytes of activations kept in memory; more lie in a temporary file."""

LATEST = Latest(2**29, weigh=lambda flat: int(flat.nbytes))
"""States and vectors of this process, for arms that read the same texts; at most half a GiB."""


@dataclass(frozen=True)
class StateBatch:
    """Token states of a batch, padded on the right.

    Parameters
    ----------
    states : (n, L, d) tensor
    tokens : TokenBatch
        Whose states they are.
    """

    states: Tensor
    tokens: TokenBatch

    def __len__(self) -> int:
        return len(self.states)

    def to(self, device: torch.device) -> StateBatch:
        """The same rows on a device."""
        return StateBatch(self.states.to(device), self.tokens.to(device))


class Activations:
    """What the lower layers made of each distinct text.

    Parameters
    ----------
    tokens : Tokens
    flat : (t, d) float32 array
        States of all tokens of the distinct texts, one text after another.
    """

    def __init__(self, tokens: Tokens, flat: FloatArray) -> None:
        self.tokens = tokens
        self.flat = flat

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, and tokens of the longest."""
        return self.tokens.shape

    @property
    def lengths(self) -> IntArray:
        """Tokens of each row; (n,)."""
        return self.tokens.lengths

    def __getitem__(self, index: IntArray | slice) -> Activations:
        return Activations(self.tokens[index], self.flat)

    def batch(self, index: IntArray) -> StateBatch:
        """The rows at these positions."""
        batch = self.tokens.batch(index)
        states = torch.zeros(*batch.ids.shape, self.flat.shape[1])
        states[batch.mask] = torch.from_numpy(self.flat[self.tokens.flat_places(index)])
        return StateBatch(states, batch)


class _Reached(Exception):
    """The forward pass has come to the layer it was to stop at."""


class LowerLayers:
    """Word vectors and the layers that never learn.

    Parameters
    ----------
    model : nn.Module
        All layers, as :func:`~longshelf.models.text.encoder_net.load` gives them.
    stop : int
        Layers run.
    identity : str
        Of the weights; what the same layers gave of the same texts is kept under it.
    """

    def __init__(self, model: Any, stop: int, identity: str) -> None:
        self.model = model.eval()
        self.stop = stop
        self.identity = identity
        self._segments = int(getattr(model.config, "type_vocab_size", 0)) > 1

    def __call__(self, tokens: Tokens) -> Activations:
        """States of every distinct text below the layer ``stop``."""
        return Activations(tokens, self._kept(tokens.distinct, self._flat))

    def vectors(self, tokens: Tokens, pooling: Pooling) -> FloatArray:
        """States of every row, pooled; (n, d) float32."""
        pooled = self._kept(tokens.distinct, lambda own: self._pooled(own, pooling), pooling)
        return pooled[tokens.place]

    def _kept(self, own: Tokens, make: Callable[[Tokens], FloatArray], how: str = "") -> FloatArray:
        key = digest(self.identity, self.stop, how, own.flat, own.sizes, own.second)

        def made() -> FloatArray:
            found = make(own)
            found.flags.writeable = False
            return found

        found: FloatArray = LATEST.of(key, made)
        return found

    def _flat(self, own: Tokens) -> FloatArray:
        flat = _room(int(own.sizes.sum()), int(self.model.config.hidden_size))
        for index, batch, states in self._blocks(own):
            flat[own.flat_places(index)] = states[batch.mask].numpy()
        return flat

    def _pooled(self, own: Tokens, pooling: Pooling) -> FloatArray:
        pooled = np.empty((len(own.sizes), int(self.model.config.hidden_size)), np.float32)
        for index, batch, states in self._blocks(own):
            pooled[index] = pool(states, batch.mask, pooling).numpy()
        return pooled

    @torch.inference_mode()
    def _blocks(self, own: Tokens) -> Iterator[tuple[IntArray, TokenBatch, Tensor]]:
        device = next(self.model.parameters()).device
        for index in blocks(own, 1):
            batch = own.batch(index)
            yield index, batch, self._states(batch.to(device)).float().cpu()

    def _states(self, x: TokenBatch) -> Tensor:
        layers = layers_of(self.model)
        if self.stop == len(layers):
            states: Tensor = self.model(**self._given(x)).last_hidden_state
            return states
        caught: list[Tensor] = []

        def catch(layer: nn.Module, args: Any, named: Any) -> None:
            caught.append(args[0] if args else named["hidden_states"])
            raise _Reached

        hook = layers[self.stop].register_forward_pre_hook(catch, with_kwargs=True)
        try:
            self.model(**self._given(x))
        except _Reached:
            return caught[0]
        finally:
            hook.remove()
        raise AssertionError("a transformer left its layers out")

    def _given(self, x: TokenBatch) -> dict[str, Tensor]:
        given = {"input_ids": x.ids}
        if not bool(x.mask.all()):
            given["attention_mask"] = x.mask.long()
        return given | ({"token_type_ids": x.segments} if self._segments else {})


def _room(tokens: int, width: int) -> FloatArray:
    if tokens * width * 4 <= IN_MEMORY:
        return np.empty((tokens, width), np.float32)
    with tempfile.NamedTemporaryFile(prefix="longshelf-states-") as file:
        return np.memmap(file.name, np.float32, "w+", shape=(tokens, width))


class StateStem(nn.Module):
    """The states are vectors already."""

    def forward(self, x: StateBatch) -> Tensor:
        return x.states


class _Given(nn.Module):
    """Stands for the lower layers: whatever reaches it, it passes the states it holds."""

    states: Tensor

    def forward(self, hidden_states: Tensor, *args: Any, **named: Any) -> Tensor:
        return self.states


class UpperBody(LayeredBody):
    """The upper layers and what stands above them, then one vector a row.

    Parameters
    ----------
    model : nn.Module
        All layers; the lower ones are cut off.
    keep : int
        Layers kept.
    pooling : {"mean", "cls", "last"}
    """

    def __init__(self, model: Any, keep: int, pooling: Pooling) -> None:
        given = _Given()
        layers = layers_of(model)
        kept = list(layers[len(layers) - keep :])
        for _ in range(len(layers)):
            del layers[0]
        layers.extend([given, *kept])
        model.config = copy.copy(model.config)
        model.config.num_hidden_layers = len(layers)
        model.requires_grad_(False)
        for layer in kept:
            layer.requires_grad_(True)
        model.set_input_embeddings(nn.Identity())
        super().__init__(model)
        self._lower = given
        self._kept = kept
        self.pooling: Pooling = pooling
        self.try_packing()

    def train(self, mode: bool = True) -> UpperBody:
        """Only the kept layers learn: what else the model holds draws nothing at random."""
        super().train(False)
        for layer in self._kept:
            layer.train(mode)
        return self

    def forward(self, h: Tensor, x: StateBatch) -> Tensor:
        return pool(self.states(h, x.tokens.mask), x.tokens.mask, self.pooling)

    def _run(self, h: Tensor, given: dict[str, Any]) -> Tensor:
        self._lower.states = h
        return super()._run(h, given)


def cut(source: Pretrained, keep: int, pooling: Pooling) -> tuple[LowerLayers, UpperBody, int]:
    """A pretrained transformer in two: what is run once, what learns; and the width of states."""
    whole: Any = load(source)
    upper = UpperBody(copy.deepcopy(whole), keep, pooling)
    depth = len(layers_of(whole))
    return LowerLayers(whole, depth - keep, source.identity), upper, int(whole.config.hidden_size)
