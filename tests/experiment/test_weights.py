"""A model folder saved again is another model."""

import shutil

from longshelf.components import build
from longshelf.experiment.weights import weights_of


def test_the_files_of_named_folders_are_hashed_wherever_they_are_named(tiny_bert_folder, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(tiny_bert_folder, folder)
    model = build("model", f"transformer(name='{folder}')")
    features = build("features", f"encoder(name='{folder}') + tf_idf")
    before = weights_of(model)
    assert list(before) == [str(folder)]
    assert weights_of(features) == before
    config = folder / "config.json"
    config.write_text(config.read_text() + "\n")
    assert weights_of(model) != before
    assert weights_of(build("model", "transformer"), build("features", "tf_idf")) == {}
