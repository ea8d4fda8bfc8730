"""How long what is missing will take, from what cells like it took."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from longshelf.components import show
from longshelf.experiment.executor import cores
from longshelf.experiment.plan import Plan

__all__ = ["estimate"]


def estimate(plan: Plan, done: Mapping[str, Mapping[str, Any]]) -> str:
    """A sentence on the time the missing cells need.

    Cells with the same data, features and model that are done set the pace; where none is, the
    sentence says that nothing is known yet rather than guess.
    """
    pace: dict[tuple[str, str, str], list[float]] = {}
    for said in done.values():
        if said["status"] == "done":
            key = (said["dataset"], said["features"], said["model"])
            pace.setdefault(key, []).append(said["seconds"])
    known, unknown_cells = 0.0, 0
    for job in plan.jobs:
        if all(cell.key in done for cell in job):
            continue
        key = (job[0].dataset, show(job[0].features), show(job[0].model))
        if key in pace:
            known += median(pace[key])
        else:
            unknown_cells += len(job)
    minutes = known / cores() / 60
    text = f"about {minutes:.1f} minutes on {cores()} cores for the cells whose like is done"
    if unknown_cells:
        text += f"; {unknown_cells} cells have no like yet, run one seed to learn their pace"
    return text
