"""One fit from rows to stored outputs, in the order data flow; the engine and the examples share it.

expand → features → resample → fit (with every learning hook) → outputs. What comes after a fit,
corrections and metrics, reads the outputs alone, so post-hoc strategies share fits. A generated row
whose text is nearly one of valid or test never reaches the features, whatever wrote it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from longshelf.cache import Cache
from longshelf.errors import LongShelfWarning
from longshelf.evidence import prior_offset, warn_idle, warn_untouched
from longshelf.features import Features, compute
from longshelf.generators.leaks import HeldOut
from longshelf.generators.ledger import Ledger, opened
from longshelf.language.spending import spending
from longshelf.models.base import Fitted, Model
from longshelf.strategies import Chain, Strategy
from longshelf.tables import Matrix, Rows, Schema, Targets, Valid
from longshelf.tasks.base import Outputs, Parts, Task

__all__ = [
    "Learned",
    "Once",
    "after",
    "ask_again",
    "before",
    "conclude",
    "fitting",
    "learn",
    "watched",
]

LATE = frozenset({"correct", "rerank"})


def before(strategy: Strategy) -> Strategy:
    """The part of a strategy that a fit depends on."""
    return _chained([part for part in strategy.parts if part.hooks - LATE])


def after(strategy: Strategy) -> Strategy:
    """The part of a strategy that acts on a finished fit; one that acts on both is in both."""
    return _chained([part for part in strategy.parts if part.hooks & LATE])


def fitting(task: Task, strategy: Strategy) -> Strategy:
    """The part of a strategy that the outputs of a task depend on: all of it where lists feed fits."""
    return strategy if type(task).looped else before(strategy)


def _chained(parts: Sequence[Strategy]) -> Strategy:
    return parts[0] if len(parts) == 1 else Chain(*parts) if parts else Strategy()


@dataclass(frozen=True)
class Learned:
    """A finished fit.

    Parameters
    ----------
    outputs : mapping of name to array
        What :meth:`Task.outputs` kept, with ``seen`` and, where it exists, ``offset``.
    about : mapping
        seconds, cpu_seconds, parameters, delivered rows per target, warnings; fit_seconds where
        a loop takes longer than its fits; under ``language`` requests, hits, tokens and money
        where a language model behind an address was asked.
    fitted : Fitted or None
        The model itself; None when the outputs come from the cache.
    """

    outputs: Outputs
    about: Mapping[str, Any]
    fitted: Fitted | None = None
    X_valid: Matrix | None = field(default=None, repr=False)


Once = Callable[[Parts, np.random.Generator, Cache], Learned]
"""One fit on some parts."""


def learn(
    parts: Parts,
    features: Features,
    model: Model,
    strategy: Strategy,
    rng: np.random.Generator,
    cache: Cache,
) -> Learned:
    """Fit one model under one strategy on the training part, or as often as a looped task asks.

    Parameters
    ----------
    parts : Parts
        The problem divided.
    features, model, strategy
        Components; only what :func:`fitting` keeps of the strategy matters.
    rng : numpy.random.Generator
        Every random choice of the fit follows it.
    cache : Cache
        For features.

    Raises
    ------
    NotApplicable
        If the model cannot honour a hook, or the features find nothing to read.
    """
    model.check(strategy, parts.targets)
    early = before(strategy)

    def once(parts: Parts, rng: np.random.Generator, cache: Cache) -> Learned:
        return _once(parts, features, model, early, rng, cache)

    with spending() as spent:
        learned = parts.problem.task.learn(parts, strategy, once, rng, cache)
    return replace(learned, about={**learned.about, "language": dict(spent)}) if spent else learned


def _once(
    parts: Parts,
    features: Features,
    model: Model,
    strategy: Strategy,
    rng: np.random.Generator,
    cache: Cache,
) -> Learned:
    targets, train = parts.targets, parts.train
    with warnings.catch_warnings(record=True) as caught, opened() as ledger:
        warnings.simplefilter("default", LongShelfWarning)
        began = time.perf_counter(), time.process_time()
        train = strategy.expand(train, targets, rng)  # hook: expand
        train = without_leaks(train, parts, ledger)
        expanding = time.perf_counter() - began[0], time.process_time() - began[1]
        computed = compute(
            features, parts.problem.reads, train, (train, parts.valid, parts.test), cache
        )
        X, X_valid, X_test = computed.matrices
        wall, cpu = time.perf_counter(), time.process_time()
        resampled = strategy.resample(X, train, targets, rng)  # hook: resample
        warn_untouched(strategy, resampled, len(train))
        X_met, met = resampled.apply(X, train)
        targets = targets.seeing(targets.count(met.code))
        warn_idle(strategy, met, targets)
        synthetic = resampled.synthetic_X is not None and len(resampled.synthetic_code) > 0
        offset = prior_offset(strategy, met, targets, synthetic=synthetic)
        valid = Valid(X=X_valid, rows=parts.valid)
        fitted = strategy.fit(model, X_met, met, valid, targets, strategy, rng)  # hook: fit
        spent = time.perf_counter() - wall, time.process_time() - cpu
        outputs = dict(parts.problem.task.outputs(fitted, parts, X_valid, X_test))
    outputs["seen"] = targets.seen
    if offset is not None:
        outputs["offset"] = offset
    about = {
        "seconds": spent[0] + expanding[0],
        "cpu_seconds": spent[1] + expanding[1],
        "parameters": int(fitted.parameters),
        "rows": len(met),
        "delivered": _delivered(resampled.asked, targets),
        "generated": ledger.as_dict(),
        "warnings": sorted({str(entry.message) for entry in caught}),
        "features": {"hits": computed.hits, "misses": computed.misses},
    }
    return Learned(outputs, about, fitted, X_valid)


def ask_again(
    learned: Learned, parts: Parts, features: Features, strategy: Strategy, cache: Cache
) -> Learned | None:
    """The same learner, asked about another test part.

    Parameters
    ----------
    learned : Learned
        A fit on these training and validation rows.
    parts : Parts
        Whose test part it is asked about.
    features, strategy
        Those of the fit.
    cache : Cache
        For features.

    Returns
    -------
    Learned or None
        None where only a fit of its own can tell: the learner is not at hand, or rows were
        generated that must keep away from the test part.
    """
    task = parts.problem.task
    if learned.fitted is None or learned.X_valid is None or type(task).looped:
        return None
    if "expand" in strategy.hooks:
        return None
    schema = parts.problem.reads
    (X_test,) = compute(features, schema, parts.train, (parts.test,), cache).matrices
    with spending() as spent:
        outputs = dict(task.outputs(learned.fitted, parts, learned.X_valid, X_test))
    kept = {name: learned.outputs[name] for name in ("seen", "offset") if name in learned.outputs}
    about = {**learned.about, "cached": True, **({"language": dict(spent)} if spent else {})}
    return replace(learned, outputs=outputs | kept, about=about)


def without_leaks(train: Rows, parts: Parts, ledger: Ledger) -> Rows:
    """The training rows without generated ones that say what a row of valid or test says.

    Of rows with several texts, all of them together are compared, as where a split keeps equal
    texts on one side. Events are exempt: their text tells the item, and stands on every side.

    Parameters
    ----------
    train : Rows
        After the hook ``expand``.
    parts : Parts
        Their valid and test rows are held out.
    ledger : Ledger
        Gets what was dropped, by reason.
    """
    schema = parts.problem.reads
    events = parts.targets.kind == "item" or (schema.user and schema.item)
    if train.origin is None or events:
        return train
    made = np.flatnonzero(train.origin != "observed")
    whole = parts.problem.rows
    held = whole.take(np.isin(whole.id, np.concatenate([parts.valid.id, parts.test.id])))
    why = HeldOut(_said(held, schema)).near(_said(train.take(made), schema))
    dropped = made[why != ""]
    code = parts.problem.task.strata(train.take(dropped), parts.targets)
    for target, reason in zip(parts.targets.names[code].tolist(), why[why != ""].tolist()):
        ledger.take_back(target, f"held out: {reason}")
    return train.take(np.setdiff1d(np.arange(len(train)), dropped))


def _said(rows: Rows, schema: Schema) -> list[str]:
    """The text of each row: what it is to write, or its columns of text, one after another."""
    if rows.y.dtype.kind == "U":
        return [str(text) for text in rows.y]
    named = [name for name in schema.text if name in rows.inputs.columns]
    columns = named or rows.inputs.select(pl.selectors.string()).columns
    parts = [pl.col(name).cast(pl.String).fill_null("") for name in columns]
    if not parts:
        return [""] * len(rows)
    return rows.inputs.select(text=pl.concat_str(parts, separator=" "))["text"].to_list()


def _delivered(asked: Mapping[str, int], targets: Targets) -> dict[str, Any]:
    """Targets that got another number of rows than asked for."""
    place = {str(name): code for code, name in enumerate(targets.names)}
    short = {
        name: {"asked": int(count), "delivered": int(targets.seen[place[name]])}
        for name, count in asked.items()
        if name in place and int(targets.seen[place[name]]) != int(count)
    }
    return short


def conclude(learned: Learned, parts: Parts, strategy: Strategy) -> Any:
    """Predictions or rankings of a fit under everything the strategy does afterwards."""
    valid = watched(learned, parts)
    return parts.problem.task.conclude(learned.outputs, parts, valid, strategy)


def watched(learned: Learned, parts: Parts) -> Valid:
    """The validation part as a fit has seen it; without columns where they were not kept."""
    X = learned.X_valid if learned.X_valid is not None else np.zeros((len(parts.valid), 0))
    return Valid(X=X, rows=parts.valid)
