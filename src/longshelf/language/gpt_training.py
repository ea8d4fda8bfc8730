"""Train a small GPT on texts and what they are about."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, pi

import numpy as np
import torch

from longshelf.curves import listening
from longshelf.errors import NotApplicable
from longshelf.language.gpt_network import GptNetwork
from longshelf.language.small_gpt import GptRecipe, Padded, TrainedGpt, batches, tidy
from longshelf.language.text_tokens import TextTokens
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["train_small_gpt"]

LOOKS = 10
"""Times the held-out texts are looked at."""

SPARED = 20
"""Different texts a target must have for some to be held out."""

WINDOW = 50
"""Batches whose rows are sorted by length together."""


@dataclass
class _Part:
    """Rows to learn from or to look at."""

    ids: list[list[int]]
    codes: IntArray
    weight: FloatArray
    law: FloatArray | None

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(
        cls, made: TrainedGpt, texts: Sequence[str], codes: IntArray,
        weight: FloatArray, law: FloatArray | None, which: BoolArray,
    ) -> _Part:  # fmt: skip
        at = np.flatnonzero(which)
        own = None if law is None else law[at] / law[at].sum()
        return cls(made.read([texts[i] for i in at.tolist()]), codes[at], weight[at], own)

    def padded(self, at: IntArray, device: torch.device) -> Padded:
        return Padded.of([self.ids[i] for i in at], self.codes[at], device)


def train_small_gpt(
    texts: Sequence[str],
    codes: IntArray,
    levels: Sequence[Sequence[str]],
    rng: np.random.Generator,
    recipe: GptRecipe,
    *,
    weight: FloatArray | None = None,
    law: FloatArray | None = None,
) -> TrainedGpt:
    """Learn tokens, then a network that predicts each token from what is asked and those before.

    A share of the different texts is held out, of targets with enough of them; training ends when
    they are no longer told better, and the best network is kept.

    Parameters
    ----------
    texts : n strings
        What to learn to write; empty ones are left out.
    codes : (n, f) int array
        Level of each condition, -1 where not stated; the first is the target.
    levels : f sequences of str
        Words of the levels of each condition.
    rng : numpy.random.Generator
        Every random choice follows it.
    recipe : GptRecipe
        Size and schedule.
    weight : (n,) float array, optional
        What a text counts in the loss, mean 1.
    law : (n,) float array, optional
        Probability of drawing each text; None reads every text once a pass.

    Raises
    ------
    NotApplicable
        If no text has a word.
    """
    texts = [tidy(text) for text in texts]
    said = np.array([bool(text) for text in texts], dtype=bool)
    if not said.any():
        raise NotApplicable("there is no text to learn to write: every one is empty")
    codes = np.asarray(codes, dtype=np.int64)
    weight = np.ones(len(texts)) if weight is None else weight
    kept = sorted({text for text in texts if text})
    tokens = TextTokens.learn(kept, recipe.vocabulary)
    aside = said & _aside(texts, codes[:, 0], recipe.held_out, rng)
    with torch.random.fork_rng():
        torch.manual_seed(int(rng.integers(2**63)))
        made = TrainedGpt.fresh(tokens, levels, recipe)
        learn, watch = (
            _Part.of(made, texts, codes, weight, law, which) for which in (said & ~aside, aside)
        )
        _learn(made, learn, watch, rng)
    return made


def _aside(
    texts: Sequence[str], code: IntArray, share: float, rng: np.random.Generator
) -> BoolArray:
    """Which rows are held out: all of a text or none, of targets with texts to spare."""
    different = {text: int(target) for text, target in zip(texts, code, strict=True)}
    owners = np.array(list(different.values()))
    many = np.bincount(owners, minlength=int(code.max(initial=0)) + 1)[owners] >= SPARED
    chosen = many & (rng.random(len(owners)) < share)
    held = {text for text, out in zip(different, chosen.tolist(), strict=True) if out}
    return np.array([text in held for text in texts], dtype=bool)


def _learn(made: TrainedGpt, learn: _Part, watch: _Part, rng: np.random.Generator) -> None:
    recipe, net = made.recipe, made.net
    optimiser = _optimiser(net, recipe)
    size = sum(map(len, learn.ids))
    total = min(max(size * recipe.passes, recipe.least), max(recipe.tokens, recipe.batch))
    best, kept, waited = np.inf, None, 0
    done, look, steps, spent, read = 0, 1, 0, 0.0, 0.0
    started, curve = time.perf_counter(), listening()
    net.train()
    for at in _order(learn, recipe.batch, rng):
        padded = learn.padded(at, made.device)
        count = sum(len(learn.ids[i]) for i in at)
        surprise = padded.surprise(net).sum(1)
        loss = surprise @ surprise.new_tensor(learn.weight[at]) / count
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * _share(done / total, recipe.warm_up)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        done, steps = done + count, steps + 1
        spent, read = spent + float(surprise.detach().sum()), read + count
        if done < total * look / LOOKS:
            continue
        score = _score(made, watch)
        told = {"steps": steps, "loss": spent / read, "held_out": score}
        made.history.append({**told, "seconds": time.perf_counter() - started})
        if curve:
            seen = {"held_out": score} if len(watch) else {}
            curve.tell(steps, loss=spent / read, **seen, rate=optimiser.param_groups[0]["lr"])
        look, spent, read = int(LOOKS * done / total) + 1, 0.0, 0.0
        waited = 0 if score < best else waited + 1
        if score < best:
            best, kept = score, copy.deepcopy(net.state_dict())
        if done >= total or (recipe.patience and len(watch) and waited >= recipe.patience):
            break
    if kept is not None:
        net.load_state_dict(kept)
    net.eval()


def _optimiser(net: GptNetwork, recipe: GptRecipe) -> torch.optim.Optimizer:
    matrices = {
        id(module.weight) for module in net.modules() if isinstance(module, torch.nn.Linear)
    }
    groups = [
        {"params": [p for p in net.parameters() if (id(p) in matrices) == inside],
         "weight_decay": recipe.decay if inside else 0.0}
        for inside in (True, False)
    ]  # fmt: skip
    return torch.optim.AdamW(groups, lr=recipe.rate, betas=(0.9, 0.98), fused=True)


def _share(progress: float, warm_up: float) -> float:
    """Of the peak rate: up in a line, down along a cosine."""
    risen = min(1.0, (progress + 1e-3) / warm_up) if warm_up else 1.0
    return risen * (0.5 + 0.5 * cos(pi * min(progress, 1.0)))


def _order(part: _Part, budget: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Batches of rows of like length, for ever; a pass reads every row once, or draws by a law."""
    lengths = np.array([len(own) for own in part.ids], dtype=np.int64)
    window = max(1, WINDOW * budget // int(lengths.mean()))
    while True:
        drawn = (
            rng.permutation(len(part))
            if part.law is None
            else rng.choice(len(part), len(part), p=part.law)
        )
        made: list[IntArray] = []
        for start in range(0, len(drawn), window):
            some = drawn[start : start + window]
            some = some[np.argsort(lengths[some], kind="stable")]
            made.extend(some[at] for at in batches(lengths[some], budget))
        for place in rng.permutation(len(made)).tolist():
            yield made[place]


@torch.inference_mode()
def _score(made: TrainedGpt, watch: _Part) -> float:
    """Weighted loss per token of the held-out texts; falls by itself where there are none."""
    if not len(watch):
        return -float(len(made.history))
    made.net.eval()
    heavy = watch.weight if watch.law is None else watch.weight * watch.law * len(watch)
    lengths = np.array([len(own) for own in watch.ids], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    lost = 0.0
    for some in batches(lengths[order], 8192):
        at = order[some]
        surprise = watch.padded(at, made.device).surprise(made.net).sum(1).double().cpu().numpy()
        lost += float(surprise @ heavy[at])
    made.net.train()
    return lost / float(lengths @ heavy)
