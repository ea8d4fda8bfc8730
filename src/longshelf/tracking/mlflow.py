"""MLflow."""

from __future__ import annotations

import importlib
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, ClassVar
from urllib.parse import urlsplit

from longshelf.curves import Point
from longshelf.errors import InputError, missing_extra
from longshelf.tracking.base import Diary, Home, Tracked, Tracker, folder_in, labelled

__all__ = ["Mlflow"]

STATUS = {"done": "FINISHED", "failed": "FAILED"}
KEY = "longshelf.cell"
"""The tag by which a cell's run is found again."""

LONGEST = 500
"""Characters of a parameter, at most."""


@dataclass(frozen=True, kw_only=True)
class Mlflow(Tracker):
    """A run for each cell in MLflow: its columns as parameters, its curves, its final values.

    Where a killed training goes on, points that are recorded are not sent again. Neither a user's
    name nor code is recorded.

    Parameters
    ----------
    uri : str or None
        Tracking server. None is ``MLFLOW_TRACKING_URI`` where that is set, else the folder
        ``mlflow/`` of the run's, as plain files: ``MLFLOW_ALLOW_FILE_STORE=true mlflow ui
        --backend-store-uri runs/NAME/mlflow`` shows them.
    experiment : str or None
        None is named after the run's folder.

    Raises
    ------
    InputError
        If ``uri`` holds a password: the suite is copied into the run's folder.

    Examples
    --------
    >>> Mlflow(experiment="tails")
    Mlflow(uri=None, experiment='tails')
    """

    abstract: ClassVar[bool] = False

    uri: str | None = None
    experiment: str | None = None

    def __post_init__(self) -> None:
        if self.uri and urlsplit(self.uri).password:
            raise InputError(
                "mlflow(uri=...) holds a password, and the suite is copied into the run's folder; "
                "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD instead"
            )

    def prepare(self, home: Home) -> None:
        client, name = self._client(home), self._named(home)
        if client.get_experiment_by_name(name) is None:
            client.create_experiment(name)

    def begin(self, home: Home, cell: Tracked) -> Diary:
        client = self._client(home)
        experiment = client.get_experiment_by_name(self._named(home)).experiment_id
        found = client.search_runs([experiment], filter_string=f"tags.`{KEY}` = '{cell.key}'")
        if found:
            own = found[0].info.run_id
            client.update_run(own, status="RUNNING")
            return _Run(client, own, resumed=True)
        made = client.create_run(experiment, tags={KEY: cell.key}, run_name=cell.name)
        diary = _Run(client, made.info.run_id, resumed=False)
        diary.describe(cell.columns)
        return diary

    def _named(self, home: Home) -> str:
        return self.experiment or PurePosixPath(home.address.rstrip("/")).name

    def _client(self, home: Home) -> Any:
        uri = self.uri or os.environ.get("MLFLOW_TRACKING_URI")
        uri = uri or folder_in(home, "mlflow").as_uri()
        if uri.startswith("file:"):
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        return _mlflow("mlflow").MlflowClient(tracking_uri=uri)


def _mlflow(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise missing_extra("mlflow-skinny", "mlflow", "runs tracked in MLflow") from None


@dataclass
class _Run:
    client: Any
    own: str
    resumed: bool
    last: dict[int, int] = field(default_factory=dict)

    def describe(self, columns: Mapping[str, Any]) -> None:
        made = _mlflow("mlflow.entities").Param
        params = [made(name, str(value)[:LONGEST]) for name, value in columns.items()]
        self.client.log_batch(self.own, params=params)

    def log(self, point: Point) -> None:
        named = labelled(point)
        if point.training not in self.last:
            kept = (
                self.client.get_metric_history(self.own, next(iter(named))) if self.resumed else []
            )
            self.last[point.training] = max((one.step for one in kept), default=-1)
        if point.step > self.last[point.training]:
            self._send(named, point.step)

    def finish(self, status: str, values: Mapping[str, float]) -> None:
        if values:
            self._send(values, 0)
        self.client.set_terminated(self.own, STATUS.get(status, "KILLED"))

    def _send(self, values: Mapping[str, float], step: int) -> None:
        made, now = _mlflow("mlflow.entities").Metric, int(time.time() * 1000)
        metrics = [
            made(re.sub(r"[^\w/.: -]", "_", name), value, now, step)
            for name, value in values.items()
        ]
        self.client.log_batch(self.own, metrics=metrics)
