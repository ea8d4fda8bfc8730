"""What Weights & Biases is asked to do, by a module in its place."""

import sys
from types import ModuleType

import pytest
from shelf import Cell, course, home, told

from longshelf.errors import InputError, Unavailable
from longshelf.experiment.store import Store
from longshelf.tracking import Wandb

KEYS = ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL")


class Run:
    """What ``wandb.init`` returns, remembering."""

    def __init__(self, given):
        self.given, self.defined, self.logged, self.summary = given, [], [], {}

    def define_metric(self, name, step_metric=None):
        self.defined.append((name, step_metric))

    def log(self, data):
        self.logged.append(data)

    def finish(self, exit_code=None):
        self.exit_code = exit_code


@pytest.fixture(autouse=True)
def runs(monkeypatch, tmp_path):
    made, module = [], ModuleType("wandb")
    module.Settings = dict

    def init(**given):
        made.append(Run(given))
        return made[-1]

    module.init = init
    monkeypatch.setitem(sys.modules, "wandb", module)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    return made


def test_a_cell_is_an_offline_run_that_says_nothing_of_the_machine(tmp_path, runs):
    place, tracker = home(tmp_path), Wandb()
    tracker.prepare(place)
    diary = tracker.begin(place, Cell("x" * 200))
    told(diary, [*course(1, 2), *course(1, 1, training=2)])
    diary.finish("done", {"macro_f1/tail": 0.25})
    (run,) = runs
    assert run.given["mode"] == "offline"
    assert run.given["dir"] == str(tmp_path / "run")
    assert (run.given["project"], run.given["id"]) == ("run", Cell().key)
    assert run.given["config"] == Cell("x" * 200).columns
    assert len(run.given["name"]) == 128
    settings = run.given["settings"]
    on = {"silent", "disable_code", "disable_git", "x_disable_meta", "x_disable_stats"}
    assert all(settings[name] is True for name in on)
    assert settings["save_code"] is settings["x_save_requirements"] is False
    assert run.defined == [("step", None), ("*", "step")]
    assert run.logged == [
        {"step": 1, "loss": 1.0, "rate": 0.1, "epoch": 0.2},
        {"step": 2, "loss": 0.5, "rate": 0.1, "epoch": 0.4},
        {"step": 1, "training2/loss": 1.0, "training2/rate": 0.1, "training2/epoch": 0.2},
    ]
    assert run.summary == {"status": "done", "macro_f1/tail": 0.25}
    assert run.exit_code == 0


@pytest.mark.parametrize(
    ("given", "environment", "login", "mode"),
    [
        (None, {}, "", "offline"),
        (None, {"WANDB_API_KEY": "k"}, "", "online"),
        (None, {}, "machine api.wandb.ai login user password k", "online"),
        (None, {}, "machine elsewhere.org login user password k", "offline"),
        (
            None,
            {"WANDB_BASE_URL": "https://own.org"},
            "machine own.org login u password k",
            "online",
        ),
        (None, {"WANDB_API_KEY": "k", "WANDB_MODE": "offline"}, "", "offline"),
        ("offline", {"WANDB_API_KEY": "k", "WANDB_MODE": "online"}, "", "offline"),
        ("online", {}, "", "online"),
    ],
)
def test_offline_unless_logged_in(
    tmp_path, runs, monkeypatch, given, environment, login, mode
):  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if login:
        (tmp_path / "netrc").write_text(login)
        (tmp_path / "netrc").chmod(0o600)
    Wandb(mode=given, project="p").begin(home(tmp_path), Cell()).finish("failed", {})
    (run,) = runs
    assert (run.given["mode"], run.given["project"], run.exit_code) == (mode, "p", 1)


def test_what_cannot_be_is_said(monkeypatch, tmp_path):
    with pytest.raises(InputError, match="did you mean 'offline'"):
        Wandb(mode="ofline")
    with pytest.raises(InputError, match="give --out a folder"):
        Wandb().prepare(Store("memory://far/run"))
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(Unavailable, match=r"longshelf\[wandb\]"):
        Wandb().prepare(home(tmp_path))
