"""The READMEs say the same thing twice, and what they say can be typed."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

import longshelf

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
TOLERANCE = 0.05


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks_of(text: str) -> list[tuple[str, str]]:
    """Language and content of every fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def prose_of(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def test_both_have_the_same_headings_and_blocks():
    english, chinese = (text_of(name) for name in READMES)
    levels = [re.findall(r"^(#+) ", prose_of(text), re.MULTILINE) for text in (english, chinese)]
    assert levels[0] == levels[1]
    assert len(levels[0]) > 8
    kinds = [[kind for kind, _ in blocks_of(text)] for text in (english, chinese)]
    assert kinds[0] == kinds[1]


def test_what_is_typed_is_the_same_in_both():
    english, chinese = (blocks_of(text_of(name)) for name in READMES)
    for (kind, one), (_, other) in zip(english, chinese, strict=True):
        if kind == "text":
            one, other = (
                [line.split()[0] for line in block.split("\n") if line] for block in (one, other)
            )
        elif kind == "sh":
            one, other = (re.sub(r"\s*#.*", "", block) for block in (one, other))
        assert one == other


class Near(doctest.OutputChecker):
    """Percentages may differ by the noise of another machine's arithmetic."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        number = re.compile(r"(\d+)%")
        words = [number.sub("%", line) for line in (want, got)]
        shares = [[int(n) / 100 for n in number.findall(line)] for line in (want, got)]
        close = all(abs(a - b) <= TOLERANCE for a, b in zip(*shares, strict=False))
        return words[0].split() == words[1].split() and close


@pytest.mark.parametrize(
    ("got", "right"), [("tail 61%", True), ("tail 90%", False), ("head 61%", False)]
)
def test_the_checker_can_fail(got, right):
    assert Near().check_output("tail 64%\n", f"{got}\n", 0) is right


def test_the_example_runs_and_says_this(tmp_path, monkeypatch):
    monkeypatch.setenv("LONGSHELF_CACHE", str(tmp_path))
    found = doctest.DocTestParser().get_doctest(
        text_of("README.md"), {}, "README.md", "README.md", 0
    )
    said: list[str] = []
    result = doctest.DocTestRunner(checker=Near()).run(found, out=said.append)
    assert result.attempted >= 3
    assert result.failed == 0, "".join(said)


def test_commands_exist():
    from typer.main import get_command

    from longshelf.cli.app import app

    commands = get_command(app).commands
    for name in (*READMES, "CONTRIBUTING.md", *(f"docs/guide/{p.name}" for p in GUIDE)):
        for line in shell_lines(text_of(name)):
            words = line.split()
            if words[0] == "make":
                assert re.search(rf"^{words[1]}:", text_of("Makefile"), re.MULTILINE), line
            if words[0] == "longshelf":
                assert words[1] in commands, line
                known = {option for p in commands[words[1]].params for option in p.opts}
                assert {word for word in words if word.startswith("-")} <= known, line


GUIDE = sorted((ROOT / "docs/guide").glob("*.md"))


def shell_lines(text: str) -> list[str]:
    lines = [line for kind, block in blocks_of(text) if kind == "sh" for line in block.split("\n")]
    return [line for line in lines if line.strip()]


def test_every_command_and_extra_is_named():
    from typer.main import get_command

    from longshelf.cli.app import app

    for name in READMES:
        typed = " ".join(shell_lines(text_of(name)))
        for command in get_command(app).commands:
            assert f"longshelf {command} " in f"{typed} ", f"{command} is not in {name}"


def test_the_map_names_what_exists():
    home = Path(longshelf.__file__).parent
    there = {f"{p.name}/" for p in home.iterdir() if p.is_dir() and p.name[0] not in "._"}
    for name in READMES:
        tree = next(block for kind, block in blocks_of(text_of(name)) if kind == "text")
        named = {line.split()[0] for line in tree.split("\n") if line.startswith("  ")}
        assert there <= named, f"{name} does not name {sorted(there - named)}"
        for entry in named:
            assert (home / entry).exists(), f"{name} names {entry}"


def test_the_picture_is_there_and_small():
    picture = ROOT / "docs/images/report.png"
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert picture.stat().st_size < 300_000


def test_public_names_stay_what_they_are():
    code = (
        "import longshelf as ls\n"
        "first = {name: getattr(ls, name) for name in ls.__all__}\n"
        "assert all(getattr(ls, name) is first[name] for name in ls.__all__)\n"
        "assert all(callable(item) for item in first.values())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
