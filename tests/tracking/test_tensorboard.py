"""Event files, read back by TensorBoard itself."""

import pytest
from shelf import Cell, course, home, told

from longshelf.errors import InputError, Unavailable
from longshelf.experiment.store import Store
from longshelf.tracking import Tensorboard
from longshelf.tracking.tensorboard import place

pytest.importorskip("tensorboard", reason="needs the extra track")
pytest.importorskip("torch", reason="needs the extra deep")


def scalars(folder, name):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder)).Reload()
    return [(event.step, event.value) for event in found.Scalars(name)]


def folder_of(where, cell):
    return where.local.joinpath("tensorboard", *place(cell))


def test_curves_and_final_values_are_read_back(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.metadata import parse_session_start_info_plugin_data

    where = home(tmp_path)
    diary = Tensorboard().begin(where, Cell())
    told(diary, [*course(1, 10), *course(1, 3, training=2)])
    diary.finish("done", {"macro_f1/tail": 0.25, "macro_f1/性别=女": 0.5})
    folder = folder_of(where, Cell())
    assert scalars(folder, "loss") == [(s, pytest.approx(1 / s)) for s in range(1, 11)]
    assert scalars(folder, "valid") == [(5, pytest.approx(0.05)), (10, pytest.approx(0.1))]
    assert scalars(folder / "training2", "loss")[-1] == (3, pytest.approx(1 / 3))
    assert scalars(folder, "macro_f1/tail") == [(10, 0.25)]
    assert scalars(folder, "macro_f1/性别=女") == [(10, 0.5)]
    found = EventAccumulator(str(folder)).Reload()
    content = found.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    hparams = parse_session_start_info_plugin_data(content).hparams
    assert hparams["dataset"].string_value == "时装"
    assert hparams["seed"].number_value == 0


def test_what_a_resumed_fit_repeats_shows_once(tmp_path):
    where = home(tmp_path)
    told(killed := Tensorboard().begin(where, Cell()), course(1, 8))
    killed.open[1].flush()
    told(diary := Tensorboard().begin(where, Cell()), course(5, 10))
    diary.finish("done", {"macro_f1/tail": 0.25})
    assert [step for step, _ in scalars(folder_of(where, Cell()), "loss")] == list(range(1, 11))


def test_a_killed_process_of_the_same_second_hides_nothing(tmp_path, monkeypatch):
    where = home(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("os.getpid", lambda: 99_999)
        told(killed := Tensorboard().begin(where, Cell()), course(1, 8))
        killed.open[1].flush()
    monkeypatch.setattr("os.getpid", lambda: 100_000)
    told(diary := Tensorboard().begin(where, Cell()), course(5, 10))
    diary.finish("done", {"macro_f1/tail": 0.25})
    folder = folder_of(where, Cell())
    assert [step for step, _ in scalars(folder, "loss")] == list(range(1, 11))
    assert scalars(folder, "macro_f1/tail") == [(10, 0.25)]


def test_every_cell_has_a_folder_of_its_own():
    long = "长" * 300
    cells = [Cell("a:b"), Cell("a*b", key="other"), Cell(long, key="1"), Cell(long + "y", key="2")]
    folders = ["/".join(place(cell)) for cell in cells]
    assert len(set(folders)) == 4
    assert folders[0] == "时装/classify/stratified/tf_idf/encoder(name=_a_b_)/a_b/seed0-01234567"
    assert max(len(part.encode()) for part in place(cells[2])) <= 255


def test_without_tensorboard_or_a_folder_nothing_starts(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"memory://far.*give --out a folder"):
        Tensorboard().prepare(Store("memory://far/run"))
    monkeypatch.setattr("longshelf.tracking.tensorboard.find_spec", lambda name: None)
    with pytest.raises(Unavailable, match=r"longshelf\[track\]"):
        Tensorboard().prepare(home(tmp_path))
