"""A folder that means harm: whatever it says, it is refused with a sentence and nothing runs."""

import hashlib
import json

import numpy as np
import pytest
from shop import through_ice

from longshelf.artifact.folder import open_folder
from longshelf.artifact.thawed import thaw
from longshelf.errors import InputError
from longshelf.models.base import Head
from longshelf.models.classify.logistic import FittedLinear
from longshelf.models.network import Body, LinearHead, Net
from longshelf.training import FittedNet


@pytest.fixture
def linear(tmp_path):
    head = Head(np.ones((2, 3), np.float32), np.zeros(2, np.float32))
    through_ice({"fitted": FittedLinear(head)}, tmp_path / "a")
    return tmp_path / "a"


@pytest.fixture
def neural(tmp_path):
    net = Net(Body(), Body(), LinearHead(3, 2))
    through_ice({"fitted": FittedNet(net)}, tmp_path / "b")
    return tmp_path / "b"


def rehash(folder):
    """What an attacker would do: the manifest says the hashes of what lies there."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["files"]:
        held = (folder / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(held).hexdigest(), "bytes": len(held)}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def changed(folder, change):
    path = folder / "model" / "graph.json"
    graph = json.loads(path.read_text())
    change(graph["fitted"])
    path.write_text(json.dumps(graph))
    rehash(folder)
    return lambda: thaw(open_folder(folder), "model")


@pytest.mark.parametrize(
    "path",
    [
        "os:system", "subprocess:Popen", "builtins:eval", "longshelf.cache:Cache",
        "longshelf.models.classify.chat_classifier:ChatClassifier",
        "longshelf.language.chat:Chat", "longshelf.features.session:tempfile",
        "longshelf.featuresx:Any", "longshelf.features..os:system", "torch.nn.modules.module:torch",
        "longshelf.artifact.folder:Folder", "longshelf.models.base:Head.__init__", "torch:load", 7,
        "torch.nn.modules.module:Module.forward", "longshelf.features.base:runtime_checkable",
        "longshelf.experiment.store:Store", "numpy:ndarray",
    ],
)  # fmt: skip
def test_no_class_outside_the_list_is_ever_named(linear, path):
    read = changed(linear, lambda node: node.update({"class": path}))
    with pytest.raises(InputError, match=r"only learned parts|nothing an artifact can hold|has no"):
        read()


def test_fields_must_be_those_of_the_class(linear):
    for change in (
        lambda node: node["fields"].pop("head"),
        lambda node: node["fields"].update({"scores": None}),
        lambda node: node.pop("fields"),
        lambda node: node.update({"is": "pickle"}),
        lambda node: node.pop("is"),
        lambda node: node["fields"].update({"head": {"is": "same", "as": 99}}),
        lambda node: node["fields"].update({"head": []}),
        lambda node: node["fields"]["head"]["fields"]["weight"].update({"at": "elsewhere"}),
        lambda node: node["fields"].update(
            {"head": {"is": "sklearn", "number": 9, "file": "../../secret.skops"}}
        ),
        lambda node: node["fields"].update(
            {"head": {"is": "method", "number": 9, "of": {"is": "dict", "number": 8, "keys": [],
                      "of": []}, "name": "clear"}}
        ),
    ):  # fmt: skip
        before = (linear / "model" / "graph.json").read_text()
        read = changed(linear, change)
        with pytest.raises(InputError):
            read()
        (linear / "model" / "graph.json").write_text(before)
    rehash(linear)
    assert thaw(open_folder(linear), "model")["fitted"].parameters == 8


def test_a_layer_keeps_its_own_methods(neural):
    net = ("fields", "net")

    def replaced(node):
        node[net[0]][net[1]]["fields"]["forward"] = "mine"

    with pytest.raises(InputError, match="replaces forward"):
        changed(neural, replaced)()


def test_a_parameter_is_a_parameter(neural):
    def replaced(node):
        node["fields"]["net"]["modules"]["head"]["parameters"]["table"] = "a text"

    with pytest.raises(InputError, match="table of a LinearHead is no Parameter"):
        changed(neural, replaced)()


def test_truncated_numbers_are_an_error_even_with_a_fitting_hash(linear):
    path = linear / "model" / "tensors.safetensors"
    whole = path.read_bytes()
    for end in (0, 7, 20, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:end])
        rehash(linear)
        with pytest.raises(InputError, match=r"is no whole safetensors file"):
            thaw(open_folder(linear), "model")


def test_a_deep_graph_is_an_error(linear):
    (linear / "model" / "graph.json").write_text('{"a":' * 100_000 + "1" + "}" * 100_000)
    rehash(linear)
    with pytest.raises(InputError, match="not readable JSON"):
        thaw(open_folder(linear), "model")


def test_scikit_learn_may_name_nothing_else(tmp_path):
    from sklearn.preprocessing import FunctionTransformer

    from longshelf.cache import digest

    with pytest.raises(InputError, match=r"longshelf\.cache\.digest, which no artifact needs"):
        through_ice({"fitted": FunctionTransformer(digest)}, tmp_path / "c")
