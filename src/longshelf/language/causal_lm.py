"""A causal language model that was trained elsewhere, read token by token."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from longshelf.errors import InputError, LongShelfWarning, NotApplicable
from longshelf.language.folders import load_model
from longshelf.tables import IntArray

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["CausalLm", "Read"]

Ids = list[int]

SHARED = 8
"""Tokens all prompts must begin with for their beginning to be read once."""

TOKENS = 4096
"""Tokens read at once, padding included."""


@dataclass
class Read:
    """Prompts that were read, ready to be continued.

    Parameters
    ----------
    at : (b,) int array
        Which of all prompts they are.
    cache : transformers cache
        Keys and values of the P tokens read so far, padding included.
    mask : (b, P) bool tensor
        Which of them are tokens.
    length : (b,) long tensor
        Tokens read of each prompt.
    logits : (b, V) tensor
        What is said of the next token.
    """

    at: IntArray
    cache: Any
    mask: Tensor
    length: Tensor
    logits: Tensor

    def rows(self, index: IntArray) -> Read:
        """The prompts at these rows, repeats allowed; what this one held is moved."""
        import torch

        chosen = torch.from_numpy(index).to(self.mask.device)
        self.cache.reorder_cache(chosen)
        return Read(
            self.at, self.cache, self.mask[chosen], self.length[chosen], self.logits[chosen]
        )


@dataclass(frozen=True)
class CausalLm:
    """A decoder and its tokenizer.

    Parameters
    ----------
    net : transformers model
        With a head that predicts the next token, and positions that can be stated.
    tokenizer : transformers tokenizer
    name : str
        For errors.
    """

    net: Any
    tokenizer: Any
    name: str

    @classmethod
    def load(cls, name: str) -> CausalLm:
        """Load a model by folder or Hugging Face name, on the accelerator if there is one.

        Raises
        ------
        NotApplicable
            If the model is no decoder, or counts positions in a way of its own, as ALiBi and
            recurrent ones do.
        Unavailable
            If there is no such model, or its weights are no safetensors.
        """
        tokenizer, net = load_model(name, "causal")
        lm = cls(net, tokenizer, name)
        if "position_ids" not in inspect.signature(net.forward).parameters or not lm._shares():
            raise NotApplicable(
                f"{name!r} is a {net.config.model_type}, whose memory of a prompt cannot be shared "
                "by its continuations; use a decoder such as GPT-2, Llama or Qwen"
            )
        return lm

    def _shares(self) -> bool:
        """Whether two tokens read side by side after a prompt are read as each would be alone."""
        import torch

        prompt, tokens = [2, 3], torch.tensor([[4, 5]], device=self.net.device)
        read = self.forward([prompt], None)
        if read.cache is None:
            return False
        mask = torch.zeros((1, 1, 2, 4), dtype=self.net.dtype, device=self.net.device)
        mask[..., [0, 1], [3, 2]] = torch.finfo(self.net.dtype).min
        beside, _ = self.step(tokens, mask, torch.full_like(tokens, 2), read.cache)
        alone = [self.forward([[*prompt, token]], None).logits[0] for token in (4, 5)]
        return torch.allclose(beside[0], torch.stack(alone), rtol=1e-2, atol=1e-2)

    @property
    def parameters(self) -> int:
        """Numbers in the network."""
        return sum(int(each.numel()) for each in self.net.parameters())

    @cached_property
    def context(self) -> int:
        """Tokens the model may read at once."""
        config = self.net.config
        known = (
            getattr(config, "max_position_embeddings", None),
            getattr(config, "sliding_window", None),
        )
        return min((int(size) for size in known if size), default=2**31)

    @property
    def vocabulary(self) -> int:
        """Tokens there are, V."""
        return int(self.net.config.vocab_size)

    def tokens(self, texts: Sequence[str]) -> list[Ids]:
        """Tokens of texts that begin a prompt, with what the tokenizer puts before them.

        Raises
        ------
        InputError
            If a text is empty and the model has no token to begin with.
        """
        found: list[Ids] = self._split(list(texts)) if len(texts) else []
        end = self.tokenizer.eos_token_id
        first = self.tokenizer.bos_token_id
        begin = [token for token in (first, end) if token is not None][:1]
        kept = [ids[:-1] if len(ids) > 1 and ids[-1] == end else ids for ids in found]
        if not begin and not all(kept):
            raise InputError(f"{self.name!r} has no token to begin with; its prompts need a text")
        return [ids or begin for ids in kept]

    def continuations(self, texts: Sequence[str], after: str) -> list[Ids]:
        """Tokens of texts as they continue a prompt that ends in ``after``.

        Where a tokenizer joins the two across their border, the text's own tokens are taken.
        """
        plain = self._split(list(texts), add_special_tokens=False)
        if not after:
            return plain
        lead, *both = self._split([after, *(after + t for t in texts)], add_special_tokens=False)
        return [
            joined[len(lead) :] if joined[: len(lead)] == lead else own
            for joined, own in zip(both, plain, strict=True)
        ]

    def _split(self, texts: list[str], **how: Any) -> list[Ids]:
        """Tokens of texts of any length: what does not fit is cut later."""
        return list(self.tokenizer(texts, verbose=False, **how)["input_ids"])

    def fitting(self, prompts: Sequence[Ids], room: int) -> list[Ids]:
        """Prompts cut at their beginning so that ``room`` more tokens can follow.

        Raises
        ------
        InputError
            If nothing would be left of a prompt.
        """
        most = self.context - room
        if most < 1:
            raise InputError(
                f"{self.name!r} reads {self.context} tokens, and {room} are to follow the prompt"
            )
        long = sum(len(ids) > most for ids in prompts)
        if long:
            warnings.warn(
                f"{long} of {len(prompts)} prompts are longer than the {self.context} tokens "
                f"{self.name!r} reads at once; their beginning is left out",
                LongShelfWarning,
                stacklevel=4,
            )
        return [ids[-most:] for ids in prompts]

    def read(
        self, prompts: Sequence[Ids], room: int, *, width: int = 1, rows: int = 2**31
    ) -> Iterator[Read]:
        """Read prompts, batch by batch; what all begin with is read once.

        Parameters
        ----------
        prompts : n sequences of tokens
            None is empty.
        room : int
            Tokens that will follow each.
        width : int, default 1
            Continuations of each prompt that will be read at once.
        rows : int
            Prompts of a batch, at most.
        """
        prompts = self.fitting(prompts, room)
        shared = _shared(prompts)
        lengths = np.array([len(ids) - shared for ids in prompts])
        start = None
        if shared:
            start = self.forward([prompts[0][:shared]], None).cache
        order, done = np.argsort(lengths, kind="stable"), 0
        while done < len(order):
            size = 1
            while done + size < len(order) and size < rows:
                wide = shared + lengths[order[done + size]] + room
                if (size + 1) * width * wide > TOKENS:
                    break
                size += 1
            at = order[done : done + size]
            cache = copy.deepcopy(start)
            if cache is not None:
                cache.batch_repeat_interleave(size)
            read = self.forward([prompts[i][shared:] for i in at], cache, shared)
            read.at = at
            yield read
            done += size

    def forward(self, ids: list[Ids], cache: Any, known: int = 0) -> Read:
        """Read sequences after ``known`` tokens that all rows of the cache have in common."""
        import torch

        wide = max(map(len, ids))
        inside = np.arange(wide) >= wide - np.array([len(row) for row in ids])[:, None]
        padded = np.zeros(inside.shape, np.int64)
        padded[inside] = np.concatenate(ids)
        mask = torch.from_numpy(
            np.concatenate([np.ones((len(ids), known), bool), inside], axis=1)
        ).to(self.net.device)
        position = (mask.long().cumsum(1) - 1).clamp(min=0)[:, known:]
        tokens = torch.from_numpy(padded).to(self.net.device)
        logits, cache = self.step(tokens, mask, position, cache, last=True)
        return Read(np.arange(len(ids)), cache, mask, mask.sum(1), logits[:, -1])

    def step(
        self, tokens: Tensor, mask: Tensor, position: Tensor, cache: Any, *, last: bool = False
    ) -> tuple[Tensor, Any]:
        """Logits after tokens, (b, m, V), and the cache that now holds them.

        Parameters
        ----------
        tokens : (b, m) long tensor
            To be read.
        position : (b, m) long tensor
            Of the tokens, from 0.
        mask : (b, P + m) bool tensor, or (b, 1, m, P + m) float tensor
            What may be read: by all tokens in order, or by each.
        cache : transformers cache or None
            Of the P tokens before; it is changed.
        last : bool, default False
            Ask for the last logits alone; (b, 1, V).
        """
        import torch

        keep = {"logits_to_keep": 1} if last and self._keeps else {}
        with torch.inference_mode():
            out = self.net(
                input_ids=tokens,
                attention_mask=mask if mask.is_floating_point() else mask.long(),
                position_ids=position,
                past_key_values=cache,
                use_cache=True,
                **keep,
            )
        return (out.logits[:, -1:] if last else out.logits), out.past_key_values

    @cached_property
    def _keeps(self) -> bool:
        return "logits_to_keep" in inspect.signature(self.net.forward).parameters


def _shared(prompts: Sequence[Ids]) -> int:
    """Tokens all prompts begin with, where it pays; one is left to each."""
    if len(prompts) < 2:
        return 0
    low, high = min(prompts), max(prompts)
    shared = 0
    while shared < min(map(len, prompts)) - 1 and low[shared] == high[shared]:
        shared += 1
    return shared if shared >= SHARED else 0
