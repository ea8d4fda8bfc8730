"""Write one self-contained HTML file from the results tables alone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from longshelf.errors import InputError, unknown
from longshelf.report import facts
from longshelf.report.aggregate import ARM, Board, Budget, ResultsLike, board, dense
from longshelf.report.curves import CUTS, calibration, recalls
from longshelf.report.gallery import galleries
from longshelf.report.rankings import rankings
from longshelf.report.reading import Tables, read
from longshelf.report.static_board import StaticRow, forest, static_rows
from longshelf.report.verdict import DECISIONS, Verdict, verdicts
from longshelf.report.wording import (
    LANGUAGES,
    Language,
    Part,
    Phrase,
    baseline_name,
    clip,
    label,
    say,
    show,
    strings,
)

__all__ = ["MOST_BYTES", "page", "render"]

MOST_BYTES = 3_000_000
MOST_VERDICTS = 24
SCRIPTS = (
    "core.js", "board.js", "chart.js", "figures.js", "ranking.js", "gallery.js", "start.js",
)  # fmt: skip


def render(results: ResultsLike, path: str | Path, *, language: Language = "en") -> Path:
    """Write the report of a run: verdict, leaderboard, plots, failures, data, how to repeat it.

    The file loads nothing from anywhere and stays under 3 MB whatever the size of the suite:
    what does not fit is left out from the least asked-for end, and the page says so.

    Parameters
    ----------
    results : Results
        The tables of a run.
    path : str or Path
        The HTML file to write; its folder is made where it is missing.
    language : {"en", "zh"}, default "en"
        The language the page opens in; the reader can switch.

    Returns
    -------
    Path
        Where the page was written.

    Raises
    ------
    InputError
        If the language is unknown or the results hold no cell.
    """
    if language not in LANGUAGES:
        raise unknown("language", language, LANGUAGES)
    if results.cells.is_empty():
        raise InputError(
            "the report needs at least one planned cell, got none; run a suite first: "
            "longshelf run suites/NAME.yaml"
        )
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_fitting(read(results), language), encoding="utf-8")
    return target


def _fitting(results: Tables, language: Language) -> str:
    """Shrink the budget until the page fits."""
    for share in (1.0, 0.6, 0.35, 0.2, 0.1, 0.03, 0.005):
        html = page(results, Budget().scaled(share), language)
        if len(html.encode()) <= MOST_BYTES:
            return html
    raise InputError(
        f"the report could not be brought under {MOST_BYTES:,} bytes; the longest texts are in "
        "'about' (suite, cards, findings): shorten them and render again"
    )


def page(results: Tables, budget: Budget, language: Language = "en") -> str:
    """Build the page's HTML within a budget of embedded bytes."""
    about = results.about
    primary = str(about.get("primary", "macro_f1"))
    tables = board(results, budget, results.lower)
    judged = verdicts(results.comparisons, results.cells, primary, lower=results.lower)
    start = _start(judged, tables, primary)
    targets = recalls(results.per_target, results.cells, tables.arms, budget)
    curves = calibration(results.reliability, results.cells, tables.arms, budget)
    lists = rankings(results, tables.arms, budget)
    written, unwritten = galleries(results, tables.arms, budget)
    baselines = results.comparisons["baseline"].drop_nulls().to_list() or ["none"]
    data = {
        **tables.json(),
        "targets": targets.data,
        "cuts": CUTS,
        "calibration": curves.data,
        "ranking": lists.data,
        "start": {name: clip(said) for name, said in start.items() if said is not None},
        "baseline": baselines[0],
        "strings": _spoken(items=lists.data is not None),
    }
    script = "\n".join(_template(name) for name in SCRIPTS)
    style = _template("style.css")
    rows = static_rows(tables, start)
    return (
        _environment()
        .get_template("page.html")
        .render(
            language=language,
            both=both,
            text=say,
            Phrase=Phrase,
            label=label,
            forest=forest,
            baseline=baseline_name(baselines[0]),
            suite_about=clip(about.get("suite_about") or "", 400),
            suite=clip(about.get("suite") or about.get("name") or ""),
            meta=facts.header(about, results.cells),
            groups=_grouped(judged),
            start=start,
            rows=rows,
            paid=any(arm.asked for arm in tables.arms),
            caption=_caption(start, rows),
            missing=facts.missing(results.cells, budget.cells),
            cards=facts.cards(about, budget.text),
            findings=facts.findings(about, budget.text),
            again=facts.reproduction(about, budget.text),
            ranks=lists.data is not None,
            written=written,
            named=lambda key: _named(key, items=lists.data is not None),
            limits=[*tables.limits, *targets.limits, *curves.limits, *lists.limits, *unwritten],
            strings=strings(),
            version=_version(),
            data=embedded(data),
            script=Markup(script),
            script_hash=_hash(script),
            style=Markup(style),
            style_hash=_hash(style),
        )
    )


def _named(key: str, *, items: bool) -> str:
    """The string to use where targets are items instead of classes."""
    return f"items.{key}" if items and f"items.{key}" in strings() else key


def _spoken(*, items: bool) -> dict[str, Mapping[str, str]]:
    """The strings the script says."""
    unspoken = ("verdict.", "where.", "items.")
    return {
        key: strings()[_named(key, items=items)]
        for key in strings()
        if not key.startswith(unspoken)
    }


def both(part: Part | str, **fields: Part) -> Markup:
    """Write a part, or a string by its key, in both languages; the page shows one of them."""
    phrase = Phrase(part, fields) if isinstance(part, str) and part in strings() else part
    return Markup("").join(
        Markup('<span class="l-{0}" lang="{0}">{1}</span>').format(
            "en" if language == "en" else "zh", show(phrase, language)
        )
        for language in LANGUAGES
    )


def embedded(data: Mapping[str, Any]) -> Markup:
    """Write JSON that no HTML parser can leave: angle brackets, ampersands, line separators."""
    text = dense(data)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("longshelf.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> str:
    return files("longshelf.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _version() -> str:
    try:
        return version("longshelf")
    except PackageNotFoundError:
        return ""


def _start(judged: Sequence[Verdict], tables: Board, primary: str) -> dict[str, Any]:
    """Choose what the page shows first: the leading verdict's place, the primary metric."""
    place: dict[str, Any]
    if judged:
        place = {**judged[0].block, "strategy": judged[0].arm}
    else:
        place = {name: getattr(tables.arms[0], name) for name in ARM} if tables.arms else {}
    own = [k for k in tables.keys if k.metric == primary] or tables.keys
    order = {name: i for i, name in enumerate(DECISIONS)}
    decision = min((k.decision for k in own), key=lambda d: order.get(d, 9), default="")
    slices = {(k.axis, k.slice) for k in own if k.decision == decision}
    axis, name = ("target", "tail") if ("target", "tail") in slices else ("all", "all")
    metric = own[0].metric if own else primary
    return {**place, "metric": metric, "decision": decision, "axis": axis, "slice": name}


def _caption(start: Mapping[str, Any], rows: Sequence[StaticRow]) -> Phrase | str:
    if not rows:
        return ""
    place = [start[name] for name in ("dataset", "features", "model")]
    return Phrase(
        "board.caption",
        {
            "metric": label("metric", start["metric"]),
            "slice": label("slice", start["slice"]),
            "decision": label("decision", start["decision"]),
            "data": " · ".join(map(clip, place)),
        },
    )


def _grouped(judged: Sequence[Verdict]) -> list[tuple[str, list[Verdict]]]:
    """Gather the verdicts by data set and task, the leading one first."""
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for one in judged:
        groups.setdefault((one.block["dataset"], one.block["task"]), []).append(one)
    several = {dataset for dataset, _task in groups if _tasks(groups, dataset) > 1}
    return [
        (f"{dataset} · {task}" if dataset in several else dataset, mates)
        for (dataset, task), mates in list(groups.items())[:MOST_VERDICTS]
    ]


def _tasks(groups: Mapping[tuple[str, str], object], dataset: str) -> int:
    return sum(name == dataset for name, _task in groups)
