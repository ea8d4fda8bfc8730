"""Which encoding a text file is in: UTF-8, UTF-16, GB18030 or Latin-1, also mixed by line."""

from __future__ import annotations

import codecs
import re

import numpy as np

from longshelf.datasets.reading.wording import at, many

__all__ = ["decoded"]

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
COMMON_SHARE = 0.8


def decoded(content: bytes) -> tuple[bytes, list[str]]:
    """The same text in UTF-8 without a mark, NUL characters or lone carriage returns.

    UTF-8 is tried first. Text that is not UTF-8 is taken as GB18030 when at least 80% of its
    non-ASCII characters are common Chinese (GB2312), else as Latin-1 (Windows-1252). A file where
    only some lines are UTF-8 is decoded line by line.

    Returns
    -------
    bytes, list of str
        The text, and what was found when it was not plain UTF-8.

    Examples
    --------
    >>> decoded("价格".encode("gb18030"))[0].decode()
    '价格'
    """
    text, findings = _text(content)
    if b"\x00" in text:
        lines = [k for k, line in enumerate(text.split(b"\n"), start=1) if b"\x00" in line]
        findings.append(f"{many(text.count(bytes(1)), 'NUL character')} removed ({at(lines)})")
        text = text.replace(b"\x00", b"")
    alone = text.count(b"\r") - text.count(b"\r\n")
    if alone and b"\n" not in text:
        text = text.replace(b"\r", b"\n")
        findings.append("line ends are carriage returns alone: read as line ends")
    elif alone:
        text = re.sub(rb"\r(?!\n)", b" ", text)
        findings.append(f"{many(alone, 'lone carriage return')} inside lines: read as spaces")
    return text, findings


def _text(content: bytes) -> tuple[bytes, list[str]]:
    for mark, name in MARKS:
        if content.startswith(mark):
            whole = content[len(mark) :]
            if name == "utf-8":
                return _unmarked(whole)
            text = whole.decode(name, errors="replace").encode()
            return text, [f"encoding: {name.upper()} with a byte order mark"]
    if guess := _unmarked_utf16(content):
        return content.decode(guess, errors="replace").encode(), [
            f"encoding: {guess.upper()} without a byte order mark"
        ]
    return _unmarked(content)


def _unmarked(content: bytes) -> tuple[bytes, list[str]]:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _foreign(content)
    return content, []


def _unmarked_utf16(content: bytes) -> str:
    sample = np.frombuffer(content[: 4096 // 2 * 2], dtype=np.uint8)
    if len(sample) < 4:
        return ""
    even, odd = float((sample[0::2] == 0).mean()), float((sample[1::2] == 0).mean())
    if max(even, odd) < 0.3 or min(even, odd) > 0.05:
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _foreign(content: bytes) -> tuple[bytes, list[str]]:
    lines = content.split(b"\n")
    broken = [k for k, line in enumerate(lines) if not _is_utf8(line)]
    other = b"\n".join(lines[k] for k in broken)
    name = _chinese(other) or "cp1252"
    broken_set = set(broken)
    mixed = any(not line.isascii() for k, line in enumerate(lines) if k not in broken_set)
    shown = "Latin-1 (Windows-1252)" if name == "cp1252" else name.upper()
    if not mixed:
        return _decode(content, name).encode(), [f"encoding: {shown}, not UTF-8"]
    for k in broken:
        lines[k] = _decode(lines[k], name).encode()
    where = at([k + 1 for k in broken])
    return b"\n".join(lines), [
        f"encodings are mixed: UTF-8, but {many(len(broken), 'line')} in {shown} ({where})"
    ]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _chinese(content: bytes) -> str:
    """``gb18030`` if that reads as common Chinese, else empty."""
    try:
        foreign = [letter for letter in content.decode("gb18030") if not letter.isascii()]
    except UnicodeDecodeError:
        return ""
    common = 0
    for letter in foreign[:10_000]:
        try:
            common += len(letter.encode("gb2312")) == 2
        except UnicodeEncodeError:
            continue
    return "gb18030" if common >= COMMON_SHARE * min(len(foreign), 10_000) else ""


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError:
        return content.decode("latin-1")
