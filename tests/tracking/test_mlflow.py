"""What MLflow is asked to do, by a module in its place that behaves as the documented client."""

import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace

import pytest
from shelf import Cell, course, home, told

from longshelf.errors import InputError, Unavailable
from longshelf.experiment.store import Store
from longshelf.tracking import Mlflow


@dataclass
class Served:
    """A tracking server in memory, by address."""

    experiments: list[str] = field(default_factory=list)
    runs: dict[str, dict] = field(default_factory=dict)


class Client:
    """The part of ``mlflow.MlflowClient`` that is used, with its documented signatures."""

    servers: dict[str, Served] = {}  # noqa: RUF012

    def __init__(self, tracking_uri=None):
        self.at = self.servers.setdefault(tracking_uri, Served())

    def get_experiment_by_name(self, name):
        found = name in self.at.experiments
        return SimpleNamespace(experiment_id=f"id of {name}") if found else None

    def create_experiment(self, name):
        assert name not in self.at.experiments
        self.at.experiments.append(name)

    def search_runs(self, experiment_ids, filter_string=""):
        wanted = filter_string.removeprefix("tags.`longshelf.cell` = '").removesuffix("'")
        return [
            SimpleNamespace(info=SimpleNamespace(run_id=own))
            for own, run in self.at.runs.items()
            if run["tags"]["longshelf.cell"] == wanted and run["experiment"] in experiment_ids
        ]

    def create_run(self, experiment_id, tags=None, run_name=None):
        own = f"run{len(self.at.runs)}"
        self.at.runs[own] = {"experiment": experiment_id, "tags": tags, "name": run_name,
                             "params": {}, "metrics": [], "status": "RUNNING"}  # fmt: skip
        return SimpleNamespace(info=SimpleNamespace(run_id=own))

    def update_run(self, run_id, status=None):
        self.at.runs[run_id]["status"] = status

    def log_batch(self, run_id, metrics=(), params=()):
        self.at.runs[run_id]["metrics"] += metrics
        self.at.runs[run_id]["params"] |= {one.key: one.value for one in params}

    def get_metric_history(self, run_id, key):
        return [one for one in self.at.runs[run_id]["metrics"] if one.key == key]

    def set_terminated(self, run_id, status=None):
        self.at.runs[run_id]["status"] = status


@dataclass
class Metric:
    key: str
    value: float
    timestamp: int
    step: int


@pytest.fixture(autouse=True)
def served(monkeypatch):
    monkeypatch.setattr(Client, "servers", {})
    module, entities = ModuleType("mlflow"), ModuleType("mlflow.entities")
    module.MlflowClient = Client
    entities.Metric, entities.Param = (
        Metric,
        lambda key, value: SimpleNamespace(key=key, value=value),
    )
    monkeypatch.setitem(sys.modules, "mlflow", module)
    monkeypatch.setitem(sys.modules, "mlflow.entities", entities)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return Client.servers


def recorded(run, name):
    return [(one.step, one.value) for one in run["metrics"] if one.key == name]


def test_a_cell_is_a_run_in_plain_files_beside_the_cells(tmp_path, served):
    place, tracker = home(tmp_path), Mlflow()
    tracker.prepare(place)
    tracker.prepare(place)
    diary = tracker.begin(place, Cell("x" * 900))
    told(diary, [*course(1, 10), *course(1, 2, training=2)])
    diary.finish("done", {"macro_f1/性别=女 (x)": 0.5})
    ((address, server),) = served.items()
    assert address == (tmp_path / "run" / "mlflow").as_uri()
    assert server.experiments == ["run"]
    (run,) = server.runs.values()
    assert recorded(run, "loss") == [(s, 1 / s) for s in range(1, 11)]
    assert recorded(run, "training2/loss") == [(1, 1.0), (2, 0.5)]
    assert recorded(run, "macro_f1/性别_女 _x_") == [(0, 0.5)]
    assert (run["status"], run["params"]["dataset"]) == ("FINISHED", "时装")
    assert len(run["params"]["strategy"]) == 500


def test_a_killed_fit_goes_on_in_its_run_and_sends_nothing_twice(tmp_path, served):
    place, tracker = home(tmp_path), Mlflow(experiment="tails")
    tracker.prepare(place)
    told(tracker.begin(place, Cell()), course(1, 8))
    again = tracker.begin(place, Cell())
    told(again, course(5, 10))
    again.finish("failed", {})
    ((run,),) = [server.runs.values() for server in served.values()]
    assert [step for step, _ in recorded(run, "loss")] == list(range(1, 11))
    assert run["status"] == "FAILED"


def test_a_server_may_be_named_but_no_password(tmp_path, served, monkeypatch):
    Mlflow(uri="http://localhost:5000").prepare(Store("memory://far/run"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://else:5000")
    Mlflow().prepare(home(tmp_path))
    assert list(served) == ["http://localhost:5000", "http://else:5000"]
    with pytest.raises(InputError, match="MLFLOW_TRACKING_PASSWORD"):
        Mlflow(uri="http://me:secret@localhost:5000")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with pytest.raises(InputError, match="give --out a folder"):
        Mlflow().prepare(Store("memory://far/run"))


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(Unavailable, match=r"mlflow-skinny.*longshelf\[mlflow\]"):
        Mlflow().prepare(home(tmp_path))
