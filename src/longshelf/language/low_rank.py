"""Tune a decoder to continue prompts with given texts, by low-rank changes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from longshelf.errors import missing_extra
from longshelf.language.causal_lm import CausalLm
from longshelf.language.next_token import Schedule, aside, learn_next_tokens
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["tuned"]


@dataclass(frozen=True)
class _Continued:
    """Prompts and what follows them, in tokens; what follows is what counts."""

    net: Any
    prompts: list[list[int]]
    follows: list[list[int]]
    law: FloatArray | None = None

    @cached_property
    def lengths(self) -> IntArray:
        return np.array([len(own) for own in self.follows], dtype=np.int64)

    @cached_property
    def weight(self) -> FloatArray:
        return np.ones(len(self.follows))

    def surprise(self, at: IntArray) -> Tensor:
        rows = [(self.prompts[i], self.follows[i]) for i in at.tolist()]
        wide = max(len(prompt) + len(own) for prompt, own in rows)
        ids, wanted = np.zeros((len(rows), wide), np.int64), np.full((len(rows), wide), -100)
        mask = np.zeros((len(rows), wide), np.int64)
        for row, (prompt, own) in enumerate(rows):
            size = len(prompt) + len(own)
            ids[row, :size] = [*prompt, *own]
            wanted[row, len(prompt) : size] = own
            mask[row, :size] = 1
        device = self.net.device
        logits = self.net(
            input_ids=torch.from_numpy(ids).to(device),
            attention_mask=torch.from_numpy(mask).to(device),
        ).logits[:, :-1]
        follows = torch.from_numpy(wanted).to(device)[:, 1:]
        lost = F.cross_entropy(
            logits.flatten(0, 1).float(), follows.flatten(), ignore_index=-100, reduction="none"
        )
        return lost.view(follows.shape).sum(1)


def tuned(
    lm: CausalLm,
    prompts: Sequence[list[int]],
    follows: Sequence[list[int]],
    code: IntArray,
    rng: np.random.Generator,
    schedule: Schedule,
    *,
    rank: int,
) -> tuple[CausalLm, list[dict[str, float]]]:
    """The model with low-rank changes of its linear maps learned [1]_ and merged, and their history.

    Parameters
    ----------
    lm : CausalLm
        Its network is changed.
    prompts, follows : n sequences of tokens each
        What is given, and what is to follow it.
    code : (n,) int array
        Targets; of those with texts to spare some are held out.
    rng : numpy.random.Generator
        Every random choice follows it.
    schedule : Schedule
        How to train.
    rank : int
        Of the changes.

    References
    ----------
    .. [1] Hu et al., LoRA, ICLR 2022, arXiv:2106.09685, eq. 3.
    """
    try:
        import peft
    except ImportError as error:
        raise missing_extra("peft", "llm", "tuning by low-rank changes") from error
    out = aside([str(own) for own in follows], code, schedule.held_out, rng)
    with torch.random.fork_rng():
        torch.manual_seed(int(rng.integers(2**63)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            net = peft.get_peft_model(lm.net, _changes(lm.net, rank, peft))

        def part(which: BoolArray) -> _Continued:
            at = np.flatnonzero(which).tolist()
            return _Continued(net, [prompts[i] for i in at], [follows[i] for i in at])

        history = learn_next_tokens(net, part(~out), part(out), schedule, rng)
    return replace(lm, net=net.merge_and_unload().eval()), history


def _changes(net: Any, rank: int, peft: Any) -> Any:
    """Of every linear map but the one that scores tokens."""
    turned = [name for name, part in net.named_modules() if type(part).__name__ == "Conv1D"]
    plain = [name for name, part in net.named_modules() if isinstance(part, nn.Linear)]
    head = net.get_output_embeddings()
    names = {
        name.rsplit(".", 1)[-1] for name in (*turned, *plain) if net.get_submodule(name) is not head
    }
    return peft.LoraConfig(
        task_type="CAUSAL_LM", r=rank, lora_alpha=2 * rank,
        target_modules=sorted(names), fan_in_fan_out=bool(turned),
    )  # fmt: skip
