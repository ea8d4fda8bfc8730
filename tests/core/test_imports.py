"""Data flow one way: what may import what, read from the source; and what starting up costs."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import longshelf
from longshelf.components import KINDS

HOME = Path(longshelf.__file__).parent
FILES = sorted(HOME.rglob("*.py"))
LAYERS = (
    ("errors",),
    ("cache", "compiled", "curves", "unfinished"),
    ("tables",),
    ("slices", "components", "prepare", "tracking"),
    ("corrections", "language"),
    ("association", "datasets", "loading", "splits", "generators", "quick"),
    ("diagnosis", "validation"),
    ("strategies", "features"),
    ("evidence", "models", "recipe", "together", "training"),
    ("metrics", "simulation", "tasks"),
    ("learning",),
    ("arm", "expansion", "results", "statistics", "trials"),
    ("experiment", "report", "catalogue"),
    ("artifact", "monitoring", "quickway"),
    ("serving",),
    ("cli",),
)
"""In the order data flow: a module may import its own layer and those above it in this list."""

DEPTH = {name: depth for depth, layer in enumerate(LAYERS) for name in layer}
LATE = {
    ("components", "features"), ("components", "strategies"), ("results", "report"),
    ("strategies", "metrics"), ("strategies", "models"), ("strategies", "training"),
}  # fmt: skip
"""What may be reached upwards inside a function: names that parse, the network a remedy builds,
the tuning a threshold calls, the report a result writes."""


def package(dotted):
    return dotted.split(".")[1] if "." in dotted else ""


def imported(path, *, late):
    """longshelf modules a file imports when it is imported, or later inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped, inner = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            skipped.update(ast.walk(node))
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            inner.update(ast.walk(node))
    for node in ast.walk(tree):
        if node in skipped or (node in inner) != late:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("longshelf"):
            if node.module == "longshelf":
                yield from (f"longshelf.{alias.name}" for alias in node.names)
            else:
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("longshelf."))


def name_of(path):
    parts = path.relative_to(HOME).with_suffix("").parts
    return ".".join(("longshelf", *(part for part in parts if part != "__init__")))


def test_every_package_has_its_place_in_the_order():
    found = {package(name_of(path)) for path in FILES} - {""}
    assert found == set(DEPTH)


@pytest.mark.parametrize("late", [False, True], ids=["when imported", "inside functions"])
def test_data_flow_one_way(late):
    wrong = {
        f"{name_of(path)} imports {module}"
        for path in FILES
        for module in imported(path, late=late)
        if (own := package(name_of(path)))
        and DEPTH[own] < DEPTH[package(module)]
        and not (late and (own, package(module)) in LATE)
    }
    assert wrong == set()


def test_no_two_packages_need_each_other():
    graph = {name: set() for name in DEPTH}
    for path in FILES:
        if own := package(name_of(path)):
            graph[own] |= {package(m) for m in imported(path, late=False)} - {own}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(DEPTH)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))
def test_a_file_fits_in_a_head(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_public_names_are_sorted_few_and_there():
    assert longshelf.__all__ == sorted(longshelf.__all__)
    assert len(longshelf.__all__) <= 25
    assert all(getattr(longshelf, name) is not None for name in longshelf.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        longshelf.nothing  # noqa: B018


@pytest.mark.parametrize("home", KINDS.values())
def test_namespaces_are_sorted_and_there(home):
    module = import_module(home)
    assert module.__all__ == sorted(module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)
    assert all(hasattr(module, entry) for entry in module.__all__)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["leaderboard", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    code = (
        "import sys\nfrom longshelf.cli import main\nsys.argv[1:] = " + repr(arguments) + "\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = ('torch', 'transformers', 'pandas', 'polars', 'sklearn', 'scipy', 'lightgbm')\n"
        "print('LOADED', [name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage" in done.stdout
    assert done.stdout.strip().endswith("LOADED []")


def test_naming_cells_imports_nothing_heavy():
    code = (
        "import sys, longshelf as ls, polars as pl\n"
        "from longshelf.experiment.plan import make_plan\n"
        "from longshelf.experiment.suite import load_suite\n"
        "spec = {'name': 's', 'datasets': ['marketplace(items=300)'], 'models': ['mlp', 'light_gbm'],"
        " 'strategies': ['none', 'Smote', 'Mixup', 'Ldam'], 'features': ['tf_idf', 'minilm']}\n"
        "plan = make_plan(load_suite(spec))\n"
        "assert len({cell.key for cell in plan.cells}) == len(plan.cells) == 100\n"
        "heavy = ('torch', 'lightgbm', 'sklearn', 'imblearn', 'onnxruntime', 'scipy.stats',"
        " 'scipy.optimize', 'scipy.ndimage')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
