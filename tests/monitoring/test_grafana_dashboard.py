"""The Grafana dashboard: JSON whose every expression names metrics and labels the service exports."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest

pytest.importorskip("prometheus_client", reason="needs the extra serve")

from longshelf.serving.meters import Meters


def exported() -> dict[str, set[str]]:
    """Names of series and their labels, from the service's own meters."""
    found = {}
    for meter in vars(Meters()).values():
        for family in meter.describe() if hasattr(meter, "describe") else ():
            ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
            for end in ends.get(family.type, ("",)):
                found[family.name + end] = {*meter._labelnames, *(("le",) * (end == "_bucket"))}
    return found


def panels():
    text = files("longshelf.monitoring").joinpath("grafana.json").read_text(encoding="utf-8")
    return json.loads(text)["panels"]


def test_every_expression_names_what_is_exported_and_all_of_it_is_shown() -> None:
    shown, known = set(), exported()
    assert len(known) > 8
    for panel in panels():
        for target in panel["targets"]:
            expression, legend = target["expr"], target["legendFormat"]
            names = set(re.findall(r"longshelf_\w+", expression))
            assert names, panel["title"]
            assert names <= set(known), panel["title"]
            labels = set.union(*(known[name] for name in names))
            grouped = re.findall(r"by \(([^)]*)\)", expression)
            used = {label.strip() for group in grouped for label in group.split(",")}
            assert used | set(re.findall(r"(\w+)=~?", expression)) <= labels, panel["title"]
            assert set(re.findall(r"{{(\w+)}}", legend)) <= labels, panel["title"]
            assert expression.count("(") == expression.count(")")
            shown |= names
    assert shown == {name for name in known if not name.endswith(("_sum", "_count"))}


def test_panels_have_places_of_their_own() -> None:
    taken = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {(at["x"] + i, at["y"] + j) for i in range(at["w"]) for j in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken
        taken |= cells
    assert len({panel["id"] for panel in panels()}) == len(panels())
