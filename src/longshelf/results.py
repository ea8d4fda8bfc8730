"""One long table per suite, what it cost, and how arms compare; the report reads nothing else."""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from longshelf.components import build, show
from longshelf.errors import InputError, LongShelfError, Unavailable, unknown

__all__ = ["FRAMES", "Results"]

FRAMES = {
    "values": "results",
    "cells": "cells",
    "comparisons": "comparisons",
    "per_target": "per_target",
    "reliability": "reliability",
}
"""Frames of :class:`Results`, and the files they are published as."""

OPTIONAL = {"examples": "examples"}
"""Frames published only where they have rows."""

ARM = ("dataset", "task", "split", "features", "model", "strategy")


@dataclass(frozen=True)
class Results:
    """What a suite found.

    Parameters
    ----------
    values : polars.DataFrame
        One row per value: cell, dataset, task, split, features, model, strategy, seed, decision,
        metric, slice_axis, slice, value, low, high, support.
    cells : polars.DataFrame
        One row per cell: its names, status, reason, seconds, cpu_seconds, fit_seconds, peak_mb,
        parameters; and requests, tokens and money where a language model behind an address was
        asked. ``seconds`` hold the fit and all that follows it, in a feedback loop every round.
    comparisons : polars.DataFrame
        Each arm against plain training, with interval, p, family, verdict, rank.
    per_target, reliability : polars.DataFrame
        Recall and precision per target; calibration bins; averaged over seeds.
    about : mapping
        Suite, command, versions, machine, cards, findings.
    examples : polars.DataFrame
        Predictions to look at, of the first seed: the lists of a few sources. Often empty.
    """

    values: pl.DataFrame
    cells: pl.DataFrame
    comparisons: pl.DataFrame
    per_target: pl.DataFrame
    reliability: pl.DataFrame
    about: Mapping[str, Any]
    examples: pl.DataFrame = field(default_factory=pl.DataFrame)

    def write(self, folder: str | Path) -> Path:
        """Publish: Parquet files, ``suite.yaml`` and ``environment.json``.

        ``environment.json`` goes first and comes back last, so results that were cut short are
        seen to be so.
        """
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        (place / "environment.json").unlink(missing_ok=True)
        for name, content in self.files.items():
            handle, beside = tempfile.mkstemp(prefix=".beside-", dir=place)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(beside).chmod(0o644)
            os.replace(beside, place / name)
        return place

    @property
    def files(self) -> Mapping[str, bytes]:
        """What :meth:`write` publishes, by file name, ``environment.json`` last."""
        found = {}
        for title, name in (FRAMES | OPTIONAL).items():
            frame = getattr(self, title)
            if title in OPTIONAL and frame.is_empty():
                continue
            sink = io.BytesIO()
            frame.write_parquet(sink, compression="zstd")
            found[f"{name}.parquet"] = sink.getvalue()
        text = json.dumps(self.about, ensure_ascii=False, indent=1, default=str)
        found["suite.yaml"] = self.about["suite_yaml"].encode()
        found["environment.json"] = f"{text}\n".encode()
        return found

    @classmethod
    def read(cls, folder: str | Path) -> Results:
        """Read what :meth:`write` wrote, from a folder or any fsspec address.

        Raises
        ------
        Unavailable
            If the folder holds no results.
        """
        try:
            about = json.loads(_content(folder, "environment.json"))
            frames = {
                title: pl.read_parquet(_content(folder, f"{name}.parquet"))
                for title, name in FRAMES.items()
            }
        except (OSError, ValueError, pl.exceptions.PolarsError) as error:
            raise Unavailable(
                f"{folder} holds no finished results ({error}); run: longshelf run SUITE"
            ) from error
        for title, name in OPTIONAL.items():
            with suppress(OSError):
                frames[title] = pl.read_parquet(_content(folder, f"{name}.parquet"))
        return cls(**frames, about=about)

    def leaderboard(
        self,
        metric: str | None = None,
        slice: str = "tail",
        *,
        decision: str | None = None,
        axis: str | None = None,
    ) -> pl.DataFrame:
        """Arms by their mean over seeds, best first.

        Parameters
        ----------
        metric : str or None
            None is the suite's primary metric.
        slice : str, default "tail"
            ``all``, ``head``, ``torso``, ``tail``, ``few``, ``cold`` or a group value.
        decision : str or None
            ``argmax``, ``tuned``, ``raw`` or ``corrected``; None is the metric's first.
        axis : str or None
            Group column; None finds it from the slice.

        Returns
        -------
        polars.DataFrame
            One row per arm: names, mean value, deviation over seeds, seeds, difference to plain
            training with its interval, verdict, rank, rival, mean seconds.

        Raises
        ------
        InputError
            If the metric, slice or decision was not measured.
        """
        wanted = metric or self.about["primary"]
        found = self._chosen("metric", wanted, self.values)
        axis = axis or {"all": "all"}.get(slice, "target" if slice in TARGETS else None)
        found = self._chosen("slice", slice, found)
        if axis is not None:
            found = self._chosen("slice_axis", axis, found)
        order = [name for name in ORDER if name in set(found["decision"])]
        found = self._chosen("decision", decision or order[0], found)
        board = found.group_by(ARM).agg(
            value=pl.col("value").mean(),
            deviation=pl.col("value").std(),
            seeds=pl.col("seed").n_unique(),
        )
        seconds = self.cells.group_by(ARM).agg(seconds=pl.col("seconds").mean())
        keys = list(ARM)
        compared = self.comparisons.filter(
            pl.col("metric") == wanted,
            pl.col("slice") == slice,
            pl.col("decision") == found["decision"][0],
        ).select(*keys, *(name for name in SHOWN if name in self.comparisons.columns))
        board = board.join(seconds, on=list(ARM), how="left").join(compared, on=keys, how="left")
        falling = self.about.get("directions", {}).get(wanted, True)
        return board.sort(
            "dataset", "value", *ARM[3:], descending=[False, falling, False, False, False]
        )

    def _chosen(self, column: str, wanted: str, frame: pl.DataFrame) -> pl.DataFrame:
        found = frame.filter(pl.col(column) == wanted)
        if found.height == 0:
            raise unknown(column.replace("_", " "), wanted, frame[column].unique().to_list())
        return found

    def compare(self, one: str, other: str) -> pl.DataFrame:
        """Two strategies on every data set, model, metric and slice; or two learners under each strategy.

        Parameters
        ----------
        one, other : str
            Strategies; or models, ``features / model`` where a model read several features.

        Returns
        -------
        polars.DataFrame
            Means of both, paired difference over seeds with a t interval, and a mark:
            ``+`` above, ``−`` below, ``~`` cannot be told, ``?`` fewer than three seeds.

        Raises
        ------
        InputError
            If a name is unknown, or leaves open which features the model read.
        """
        from longshelf.statistics import compare_pair

        strategies = self.values["strategy"].unique().to_list()
        meant = [_as_shown("strategy", name, strategies) for name in (one, other)]
        if set(meant) <= set(strategies):
            return compare_pair(self.values, *meant)
        learner = pl.concat_str("features", "model", separator=" / ")
        by_model: dict[str, list[str]] = {}
        for model, name in self.values.select("model", learner.alias("learner")).unique().rows():
            by_model.setdefault(model, []).append(name)
        wanted = [_learner(name, by_model, strategies) for name in (one, other)]
        turned = self.values.with_columns(
            model=pl.col("strategy"), strategy=learner, features=pl.lit("")
        )
        found = compare_pair(turned, *wanted).drop("features")
        return found.rename({"model": "strategy", wanted[0]: one, wanted[1]: other})

    def report(self, path: str | Path, *, language: Literal["en", "zh"] = "en") -> Path:
        """Write the report, one HTML file."""
        from longshelf.report import render

        if self.values.height == 0:
            raise InputError("no cell of this suite is done; there is nothing to report")
        return render(self, Path(path), language=language)


def _as_shown(kind: str, name: str, known: Collection[str]) -> str:
    """A component as the tables name it, whichever of its defaults were spelt out."""
    if name in known:
        return name
    try:
        return show(build(kind, name))
    except LongShelfError:
        return name


def _learner(name: str, by_model: Mapping[str, list[str]], strategies: list[str]) -> str:
    """The learner a name means."""
    every = sorted(each for found in by_model.values() for each in found)
    found = [name] if name in every else by_model.get(_as_shown("model", name, by_model), [])
    if not found:
        raise unknown("strategy or model in these results", name, [*strategies, *by_model, *every])
    if len(found) > 1:
        raise InputError(f"{name!r} read several features; say which: {', '.join(sorted(found))}")
    return found[0]


def _content(folder: str | Path, name: str) -> bytes:
    if "://" not in str(folder):
        return (Path(folder) / name).read_bytes()
    from fsspec.core import url_to_fs

    filesystem, path = url_to_fs(str(folder))
    return bytes(filesystem.cat_file(f"{path}/{name}"))


TARGETS = ("head", "torso", "tail", "few", "cold")
ORDER = ("argmax", "score", "corrected", "raw", "tuned")
SHOWN = ("difference", "low", "high", "p_adjusted", "verdict", "rank", "rival", "against_rival")
