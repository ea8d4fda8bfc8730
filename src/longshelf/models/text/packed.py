"""Rows of different lengths through a transformer without padding: their tokens one after another.

What acts on each token alone (linear maps, norms, dropout) then never sees padding, whatever rows a
batch was drawn from; attention alone is computed row by row, in groups of rows of like length.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from longshelf.models.dropout import drop, replace_dropout, some_drop
from longshelf.tables import IntArray

__all__ = ["LayeredBody", "Packing", "cuts"]

NAME = "longshelf_packed"

PRICE = {"cpu": 8192}
"""Pairs of tokens whose attention costs what a further group does, by kind of device; elsewhere
one group is taken, as an accelerator waits for calls more than for padding."""

FEW = 12
"""Tokens that a token sees, in the mean, up to which a pass of one thread keeps up with torch's
steps of two."""

ALIKE = 1e-4
"""States of packed and of padded rows may differ by this share of the longest."""


def cuts(lengths: IntArray, price: float) -> list[int]:
    """Where to cut falling lengths into groups so that padded pairs plus prices are fewest.

    Parameters
    ----------
    lengths : (n,) int array
        Falling, at least one; a group's rows cost the square of its first.
    price : float
        Of a group.

    Examples
    --------
    >>> cuts(np.array([30, 29, 5, 5, 4]), 512)
    [0, 2, 5]
    """
    fallen, first = np.unique(-lengths, return_index=True)
    ends = np.append(first, len(lengths))
    best, came = np.zeros(len(ends)), np.zeros(len(ends), dtype=np.intp)
    for at in range(1, len(ends)):
        costs = best[:at] + fallen[:at] ** 2 * (ends[at] - ends[:at])
        came[at] = costs.argmin()
        best[at] = costs[came[at]] + price
    path = [len(ends) - 1]
    while path[-1]:
        path.append(int(came[path[-1]]))
    return [int(ends[at]) for at in reversed(path)]


@dataclass(frozen=True)
class _Group:
    """Rows whose tokens lie together, and how they are padded to the longest of them.

    Parameters
    ----------
    start, stop : int
        Their tokens among all.
    held : (r, l) bool tensor
        Which places hold a token.
    filled, real : long tensors or None
        The token each place takes, and the places that hold one; None where all do.
    """

    start: int
    stop: int
    held: Tensor
    filled: Tensor | None
    real: Tensor | None

    @classmethod
    def of(cls, start: int, lengths: IntArray, device: torch.device) -> _Group:
        """Rows of these falling lengths, from the token ``start`` on."""
        held = np.arange(lengths[0]) < lengths[:, None]
        filled = real = None
        if not held.all():
            filled = torch.from_numpy(held.cumsum() - 1).to(device)
            real = torch.from_numpy(np.flatnonzero(held)).to(device)
        stop = start + int(lengths.sum())
        return cls(start, stop, torch.from_numpy(held).to(device), filled, real)

    def pad(self, side: Tensor) -> Tensor:
        """Tokens (1, h, t, d) of all rows to padded ones of these; (r, h, l, d)."""
        own = side.squeeze(0).transpose(0, 1)[self.start : self.stop]
        if self.filled is not None:
            own = own.index_select(0, self.filled)
        return own.view(*self.held.shape, *own.shape[1:]).transpose(1, 2)

    def flat(self, out: Tensor) -> Tensor:
        """Padded tokens (r, l, h, d) back to those there are; (t', h, d)."""
        every = out.flatten(0, 1)
        return every if self.real is None else every.index_select(0, self.real)


@dataclass(frozen=True)
class Packing:
    """How padded rows become one sequence of their tokens, the longest row first.

    Parameters
    ----------
    places : (t,) long tensor
        Of each token among the padded places.
    position : (1, t) long tensor
        Of each token in its row.
    starts : (n + 1,) int array
        First token of each row, and the end.
    groups : tuple of _Group
    """

    places: Tensor
    position: Tensor
    starts: IntArray
    groups: tuple[_Group, ...]

    @classmethod
    def of(cls, mask: Tensor) -> Packing:
        """From which places hold a token; (n, L) bool, padded on the right."""
        device, width = mask.device, mask.shape[1]
        lengths = mask.sum(dim=1).cpu().numpy()
        order = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
        sizes = lengths[order]
        starts = np.append(0, np.cumsum(sizes))
        position = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes)
        places = np.repeat(order * width, sizes) + position
        ends = cuts(sizes, PRICE.get(device.type, np.inf))
        return cls(
            torch.from_numpy(places).to(device),
            torch.from_numpy(position).to(device)[None],
            starts,
            tuple(
                _Group.of(int(starts[first]), sizes[first:last], device)
                for first, last in pairwise(ends)
            ),
        )

    @property
    def short(self) -> bool:
        """Whether tokens see few others, so that one thread is done before many have started."""
        sizes = np.diff(self.starts)
        return bool((sizes**2).sum() <= FEW * sizes.sum())

    def pack(self, padded: Tensor) -> Tensor:
        """(n, L, …) to (1, t, …)."""
        return padded.flatten(0, 1).index_select(0, self.places)[None]

    def unpack(self, packed: Tensor, shape: tuple[int, int]) -> Tensor:
        """(1, t, d) to (n, L, d), 0 where there is no token."""
        empty = packed.new_zeros(shape[0] * shape[1], packed.shape[2])
        return empty.index_copy(0, self.places, packed[0]).view(*shape, -1)


def _attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Any, *,
    packing: Packing, **told: Any,
) -> tuple[Tensor, None]:  # fmt: skip
    """Attention of each row to itself, as transformers' own computes it."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    causal = told.get("is_causal")
    causal = bool(getattr(module, "is_causal", True) if causal is None else causal)
    sides = query, key, value
    p = float(told.get("dropout", 0.0))
    drops = some_drop(p) and _plain(sides, told)
    scale = told.get("scaling") or query.shape[-1] ** -0.5
    if drops and packing.short:
        from longshelf.models.text.attention import dropping_attention

        q, k, v = (side.squeeze(0).transpose(0, 1) for side in sides)
        out = dropping_attention(q, k, v, packing.starts, scale=scale, p=p, causal=causal)
        return out[None], None
    found = []
    for group in packing.groups:
        padded = [group.pad(side) for side in sides]
        held = None if causal or group.real is None else group.held[:, None, None]
        if drops:
            seen = _seen(group.held.shape[1]) if causal else held
            out = _stepwise(*padded, seen=seen, scale=scale, p=p)
        else:
            out, _ = sdpa_attention_forward(module, *padded, held, **told)
        found.append(group.flat(out))
    return torch.cat(found)[None], None


def _seen(width: int) -> Tensor:
    """Which tokens each one sees, itself and those before; (l, l) bool."""
    return torch.ones(width, width, dtype=torch.bool).tril()


def _stepwise(
    query: Tensor, key: Tensor, value: Tensor, *, seen: Tensor | None, scale: float, p: float
) -> Tensor:
    """Attention as torch computes it on a processor, with masks of dropout that cost a tenth."""
    shares = (query * scale) @ key.transpose(-2, -1)
    if seen is not None:
        shares = shares.masked_fill_(~seen, -torch.inf)
    return (drop(shares.softmax(-1), p) @ value).transpose(1, 2)


def _plain(sides: tuple[Tensor, Tensor, Tensor], told: dict[str, Any]) -> bool:
    """Whether ways of our own take these: each head with keys of its own, products as they are."""
    query = sides[0]
    plain = told.get("softcap") is None and told.get("position_bias") is None
    exact = query.dtype in (torch.float32, torch.float64) and query.device.type == "cpu"
    return plain and exact and all(side.shape == query.shape for side in sides)


@cache
def _register() -> None:
    """Let transformers know the function, once in every process."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, _attend)


class LayeredBody(nn.Module):
    """The layers of a transformer over rows of vectors, packed where the model can read them so.

    Parameters
    ----------
    model : nn.Module
        Takes ``inputs_embeds``.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        replace_dropout(model)
        self.model = model
        self._known = frozenset(inspect.signature(model.forward).parameters)
        kinds = int(getattr(model.config, "type_vocab_size", 0) or 0)
        self._segments = "token_type_ids" in self._known and kinds > 1
        self._first: int | None = None

    @property
    def packs(self) -> bool:
        """Whether rows go through packed."""
        return self._first is not None

    def states(self, h: Tensor, mask: Tensor, segments: Tensor | None = None) -> Tensor:
        """What the last layer gives of each token; (n, L, d)."""
        if self._first is None:
            return self._padded(h, mask, segments)
        _register()
        packing = Packing.of(mask)
        given: dict[str, Any] = {"position_ids": packing.position + self._first, "packing": packing}
        if self._segments and segments is not None:
            given["token_type_ids"] = packing.pack(segments)
        return packing.unpack(self._run(packing.pack(h), given), (len(h), h.shape[1]))

    def _padded(self, h: Tensor, mask: Tensor, segments: Tensor | None) -> Tensor:
        given: dict[str, Any] = {}
        if self._segments and segments is not None:
            given["token_type_ids"] = segments
        if not bool(mask.all()):
            given["attention_mask"] = mask.long()
        return self._run(h, given)

    def _run(self, h: Tensor, given: dict[str, Any]) -> Tensor:
        states: Tensor = self.model(inputs_embeds=h, **given).last_hidden_state
        return states

    @torch.no_grad()
    def try_packing(self) -> None:
        """Pack from now on if two rows give the same states packed as padded."""
        if "position_ids" not in self._known:
            return
        config = self.model.config
        draw = torch.Generator().manual_seed(0)
        h = torch.randn(2, 3, int(config.hidden_size), generator=draw)
        mask = torch.tensor([[True, True, False], [True, True, True]])
        wanted = self.states(h, mask)[mask]
        plain = config._attn_implementation
        self._attend_by(NAME)
        for first in (0, int(getattr(config, "pad_token_id", None) or 0) + 1):
            self._first = first
            try:
                found = self.states(h, mask)[mask]
            except Exception:
                continue  # whatever the model cannot do, its rows are padded then
            if (found - wanted).abs().max() <= ALIKE * wanted.abs().max():
                return
        self._first = None
        self._attend_by(plain)

    def _attend_by(self, name: str) -> None:
        """Let every part of the model compute attention by a function known to transformers."""
        for part in self.model.modules():
            config: Any = getattr(part, "config", None)
            if hasattr(config, "_attn_implementation"):
                config._attn_implementation = name
