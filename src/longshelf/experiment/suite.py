"""A suite: one YAML file, one published table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from longshelf.errors import InputError, unknown

__all__ = ["Block", "Resources", "Suite", "load_suite"]

Spec = str | dict[str, Any]


class Block(BaseModel):
    """A grid: every data set x features x model x strategy named here.

    Keys left out are inherited from the suite.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    datasets: list[Spec] | None = None
    task: Spec | None = None
    split: Spec | None = None
    seeds: int | list[int] | None = None
    features: list[Spec] | None = None
    models: list[Spec] | None = None
    strategies: list[Spec | list[Spec]] | None = None


class Resources(BaseModel):
    """What one cell takes of a node; a cluster starts it where that is free.

    Parameters
    ----------
    cpus : float > 0, default 1
        Also the threads of its numerical libraries.
    gpus : float, default 0
        A part of one lets cells share it.
    memory_gb : float, GiB, default 0
        Kept free for it; 0 reserves none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpus: float = Field(default=1, gt=0)
    gpus: float = Field(default=0, ge=0)
    memory_gb: float = Field(default=0, ge=0)


class Suite(BaseModel):
    """What to run, as a user writes it.

    Parameters
    ----------
    name : str
    datasets : list
        Data sources by name, or ``{own: {path: my.csv, label: category}}``.
    task, split : str or mapping
        Default ``classify`` and ``stratified``.
    seeds : int or list of int, default 5
        A number counts from 0.
    features, models, strategies : list
        Names as typed; a list within ``strategies`` is a chain.
    rivals : bool, default True
        Add the trivial rivals of the task.
    slices : str, default "mass"
        How head, torso and tail are cut.
    predictions : bool, default True
        Keep every test score; without it metrics cannot be recomputed.
    resources : mapping of model name to Resources
        What a cell takes of a cluster's node, by its model; ``all`` stands for the others.
    track : list
        Where learning curves and final values are recorded besides the run's own folder, such as
        ``tensorboard``; no cell depends on it.
    also : list of Block
        Further grids, whose keys override the suite's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    about: str = ""
    datasets: list[Spec]
    task: Spec = "classify"
    split: Spec = "stratified"
    seeds: int | list[int] = 5
    features: list[Spec] = ["tf_idf"]
    models: list[Spec] = ["linear"]
    strategies: list[Spec | list[Spec]] = ["none"]
    rivals: bool = True
    slices: str = "mass"
    predictions: bool = True
    resources: dict[str, Resources] = {}
    track: list[Spec] = []
    also: list[Block] = []

    @field_validator("seeds")
    @classmethod
    def _positive(cls, seeds: int | list[int]) -> int | list[int]:
        if not seeds or (isinstance(seeds, int) and seeds < 0):
            raise ValueError("at least one seed is needed")
        return seeds

    def blocks(self) -> list[Block]:
        """Every grid with nothing left out."""
        own = {key: getattr(self, key) for key in Block.model_fields}
        first = Block.model_validate(own)
        return [first, *(Block.model_validate({**own, **_given(block)}) for block in self.also)]

    @property
    def text(self) -> str:
        """The suite as YAML, defaults included."""
        return yaml.safe_dump(self.model_dump(), allow_unicode=True, sort_keys=False)


def _given(block: Block) -> dict[str, Any]:
    return {key: value for key, value in block.model_dump().items() if value is not None}


def load_suite(source: str | Path | Mapping[str, Any]) -> Suite:
    """Read a suite from a file, the name of a shipped one, or a mapping.

    Raises
    ------
    InputError
        If the file is absent or not YAML, or a key or value is not allowed.

    Examples
    --------
    >>> load_suite({"name": "mine", "datasets": ["marketplace"], "seeds": 3}).seeds
    3
    """
    if isinstance(source, Mapping):
        return _validated(dict(source), "the suite")
    path = Path(source)
    if not path.exists():
        raise InputError(f"there is no suite file {str(path)!r}; see: longshelf list suites")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not readable YAML: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} must hold keys such as name, datasets and strategies")
    return _validated({"name": path.stem, **content}, str(path))


def _validated(content: dict[str, Any], where: str) -> Suite:
    try:
        return Suite.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = [str(step) for step in first["loc"]]
        if first["type"] == "extra_forbidden":
            parts: dict[str, type[BaseModel]] = {"also": Block, "resources": Resources}
            inside = parts.get(place[0], Suite)
            fields: Sequence[str] = list(inside.model_fields)
            raise unknown(f"key in {where}", place[-1], fields) from None
        raise InputError(
            f"{where}: {'.'.join(place) or 'suite'}: {first['msg']}, got {first['input']!r}"
        ) from None
