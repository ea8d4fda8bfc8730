"""Write docs/catalogue/*.md and the counted block of both READMEs from the code itself.

``python scripts/catalogue.py`` writes them; ``--check`` writes nothing, names the pages that
have drifted and exits 1. Nothing is trained and torch is not imported.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from longshelf.catalogue import Entry, describe
from longshelf.components import known
from longshelf.strategies.base import HOOKS, Strategy

ROOT = Path(__file__).resolve().parent.parent
READMES = {"README.md": "en", "README.zh-CN.md": "zh"}
OPEN, CLOSE = "<!-- catalogue -->", "<!-- /catalogue -->"
TITLES = {
    "dataset": ("datasets", "Data sets", "个数据集"),
    "task": ("tasks", "Tasks", "种任务"),
    "split": ("splits", "Splits", "种切分"),
    "features": ("features", "Features", "种特征"),
    "model": ("models", "Models", "种模型"),
    "strategy": ("strategies", "Strategies", "种策略"),
    "metric": ("metrics", "Metrics", "个指标"),
    "generator": ("generators", "Generators", "种生成器"),
    "filter": ("filters", "Filters", "种过滤器"),
    "tracker": ("trackers", "Trackers", "种记录器"),
}
OPENINGS = {
    "dataset": "What `ls.load(name)` and the key `datasets` of a suite accept. "
    "An own file needs no entry here: see [own data](../guide/own-data.md).",
    "task": "What is fitted, what is imbalanced, and which metrics count: the key `task` of a suite.",
    "split": "How rows become train, valid and test: the key `split` of a suite.",
    "features": "How rows become numbers: the key `features` of a suite. "
    "Whatever is fitted is fitted on the training part only.",
    "model": "What learns: the key `models` of a suite. A model names the hooks it honours; "
    "a strategy that needs another one is reported as not applicable, with the reason. "
    "`fit`, `correct` and `rerank` are honoured by every model.",
    "strategy": "The remedies: the key `strategies` of a suite. They are grouped by the first "
    "hook they override, in the order the hooks are reached. A list of names, or `A + B`, is a "
    "chain.",
    "metric": "What is measured. A metric that reads decisions is measured at the arg max and at "
    "the tuned decision; one that reads probabilities before and after correction.",
    "generator": "What writes new texts from those of the training part: the argument `generator` of "
    "[Expand](strategies.md#expand), and of `longshelf expand`.",
    "filter": "What the drafts of a generator must pass, in the order written: the argument `filters` "
    "of [Expand](strategies.md#expand), and of `longshelf expand`.",
    "tracker": "Where learning curves and final values are recorded: the key `track` of a suite. "
    "`lines` is always on; `longshelf curves` draws it.",
}
COLUMNS = {
    "dataset": ("licence", "language"),
    "model": ("targets", "honours"),
    "strategy": ("hooks",),
    "metric": ("reads", "better"),
}
GENERATED = "<!-- Generated from the code by scripts/catalogue.py; edit the docstrings instead. -->"
SENTENCES = {
    "en": ("| when | hook | strategies |", "data", "learning", "around", "after"),
    "zh": ("| 时机 | 钩子 | 策略 |", "数据", "学习", "整体", "之后"),
}
HEADING = re.compile(r"^(?P<title>[A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)
ITEMS = frozenset({"Parameters", "Attributes", "Returns", "Raises", "Warns"})


def inline(text: str) -> str:
    """One paragraph of reStructuredText as Markdown."""
    text = " ".join(text.split())
    pieces = re.split(r"(``.+?``|:\w+:`[^`]+`|`[^`]+`)", text)
    return "".join(_code(piece) if "`" in piece else _plain(piece) for piece in pieces)


def _code(piece: str) -> str:
    inner = re.sub(r"^:\w+:", "", piece).strip("`")
    if inner.startswith("~"):
        inner = inner.rpartition(".")[2]
    return f"`{inner}`"


def _plain(piece: str) -> str:
    piece = re.sub(r"\[(\d+)\]_", r"[\1]", piece)
    return re.sub(r"([*<])", r"\\\1", piece)


def sections(docstring: str) -> Iterator[tuple[str, str]]:
    """Title and body of each part of a numpydoc docstring; the first title is empty."""
    found = list(HEADING.finditer(docstring))
    edges = [match.start() for match in found] + [len(docstring)]
    yield "", docstring[: edges[0]].strip("\n")
    for match, end in zip(found, edges[1:], strict=True):
        yield match["title"], docstring[match.end() : end].strip("\n")


def paragraphs(body: str) -> Iterator[str]:
    """Paragraphs as Markdown, one line each."""
    for part in re.split(r"\n\s*\n", body):
        if part.strip():
            yield inline(part)


def items(body: str) -> Iterator[str]:
    """``name : type`` with an indented description, as list entries."""
    for part in re.split(r"\n(?=\S)", body):
        head, _, text = part.partition("\n")
        name, _, kind = head.partition(" : ")
        shown = f"- `{name.strip()}`" + (f" ({inline(kind)})" if kind else "")
        yield f"{shown}: {inline(text)}" if text.strip() else shown


def references(body: str) -> Iterator[str]:
    """``.. [1] text`` as list entries."""
    for part in re.split(r"\n(?=\.\. )", body):
        yield f"- {inline(part.removeprefix('.. '))}"


def example(body: str) -> str:
    """A doctest without its prompts, the output as comments: ready to paste."""
    lines = []
    for line in body.splitlines():
        if line.startswith((">>> ", "... ")):
            lines.append(line[4:])
        elif line.strip() in ("...", ">>>"):
            continue
        else:
            lines.append(f"# {line}" if line.strip() else "")
    return "\n".join(["```python", *lines, "```"])


def rendered(docstring: str) -> Iterator[str]:
    """A whole docstring as Markdown blocks."""
    for title, body in sections(docstring):
        if title:
            yield f"**{title}**"
        if title in ITEMS:
            yield "\n".join(items(body))
        elif title == "References":
            yield "\n".join(references(body))
        elif title == "Examples":
            yield example(body)
        else:
            yield from paragraphs(body)


def classes(kind: str) -> Mapping[str, Any]:
    """Class of each entry, by the first line of its docstring and its name."""
    return {name.replace("_", "").lower(): cls for name, cls in known(kind).items()}


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(header)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines
    )


def anchor(name: str) -> str:
    """Where a heading's link goes."""
    return name.lower()


def signature(entry: Entry) -> str:
    """The name with all its arguments, as typed."""
    given = ", ".join(f"{name}={default}" for name, default in entry.arguments.items())
    return f"{entry.name}({given})" if given else entry.name


def facts(entry: Entry, cls: Any) -> Iterator[str]:
    """What is known about an entry besides its docstring."""
    if entry.kind == "dataset":
        card = cls.card
        yield f"Licence: {inline(card.licence)}. Language: {card.language}."
        yield f"Source: {card.address or 'made here'}"
        yield f"Citation: {inline(card.citation)}" if card.citation else ""
        yield f"Rows may be shipped: {card.redistribution}. Personal data: {inline(card.personal_data)}"
        yield f"Notes: {inline(card.notes)}" if card.notes else ""
    elif entry.kind == "model":
        honours = ", ".join(f"`{hook}`" for hook in entry.more["honours"].split()) or "none"
        yield f"Targets: {entry.more['targets']}. Hooks honoured besides the common ones: {honours}."
    elif entry.kind == "strategy":
        hooks = ", ".join(f"`{hook}`" for hook in entry.more["hooks"].split()) or "none"
        yield f"Hooks: {hooks}."
    elif entry.kind == "metric":
        low, high = cls.limits
        yield (
            f"Reads the {cls.reads}; unit: {cls.unit}; from {low:g} to {high:g}; "
            f"{entry.more['better']} is better."
        )
        yield f"Definition: {inline(cls.definition)}." if cls.definition else ""


def article(entry: Entry, level: str) -> str:
    """One component."""
    known_as = classes(entry.kind)
    cls = known_as.get(entry.name.replace("_", "").lower(), Strategy)
    blocks = [f"{level} {entry.name}", f"```yaml\n{signature(entry)}\n```"]
    blocks += [fact for fact in facts(entry, cls) if fact]
    return "\n\n".join([*blocks, *rendered(entry.docstring)])


def page(kind: str) -> str:
    """A whole page."""
    entries = describe(kind)
    columns = COLUMNS.get(kind, ())
    rows = [
        [f"[{e.name}](#{anchor(e.name)})", *(e.more[c] for c in columns), inline(e.summary)]
        for e in entries
    ]
    blocks = [f"# {TITLES[kind][1]}", GENERATED, OPENINGS[kind]]
    blocks.append(table(["name", *columns, "what it does"], rows))
    blocks += by_hook(entries) if kind == "strategy" else [article(e, "##") for e in entries]
    return "\n\n".join(blocks) + "\n"


def by_hook(entries: list[Entry]) -> list[str]:
    """Strategies under the first hook they override."""
    blocks = [article(e, "##") for e in entries if not e.more["hooks"]]
    for hook in HOOKS:
        here = [e for e in entries if e.more["hooks"].split()[:1] == [hook]]
        if here:
            line = (getattr(Strategy, hook).__doc__ or "").split("\n")[0]
            blocks += [f"## Hook `{hook}`", inline(line)]
            blocks += [article(e, "###") for e in here]
    return blocks


def block(language: str) -> str:
    """What stands between the markers of a README."""
    place = 1 if language == "en" else 2
    counts = []
    for kind, title in TITLES.items():
        name = title[place].lower()
        counts.append(f"[{len(describe(kind))} {name}](docs/catalogue/{title[0]}.md)")
    header, *stages = SENTENCES[language]
    lines = [header, "|---|---|---|"]
    entries = describe("strategy")
    for hook in HOOKS:
        names = [f"`{e.name}`" for e in entries if hook in e.more["hooks"].split()]
        if names:
            lines.append(f"| {stages[_when(hook)]} | `{hook}` | {', '.join(names)} |")
    separator, stop = (", ", ".") if language == "en" else ("、", "。")
    return "\n".join([OPEN, separator.join(counts) + stop, "", *lines, CLOSE])


def _when(hook: str) -> int:
    place = HOOKS.index(hook)
    return 0 if place < 5 else 1 if place < 10 else 2 if place == 10 else 3


def within(text: str, language: str) -> str:
    """A README with its block renewed."""
    if OPEN not in text or CLOSE not in text:
        raise SystemExit(f"a README lost its markers {OPEN} … {CLOSE}")
    before, after = text.split(OPEN)[0], text.split(CLOSE)[1]
    return before + block(language) + after


def pages() -> dict[Path, str]:
    """Every generated file and what it should hold."""
    found = {ROOT / "docs/catalogue" / f"{title[0]}.md": page(k) for k, title in TITLES.items()}
    for name, language in READMES.items():
        path = ROOT / name
        found[path] = within(path.read_text(encoding="utf-8"), language)
    return found


def main(arguments: list[str]) -> int:
    """Write, or with ``--check`` compare."""
    if set(arguments) - {"--check"}:
        sys.stderr.write("usage: catalogue.py [--check]\n")
        return 2
    wanted = pages()
    drifted = [
        path
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in arguments:
        for path in drifted:
            sys.stderr.write(f"{path.relative_to(ROOT)} differs from the code\n")
        if drifted:
            sys.stderr.write("run: python scripts/catalogue.py\n")
        return int(bool(drifted))
    for path in drifted:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
        sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
