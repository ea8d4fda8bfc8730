"""Make .venv and install LongShelf into it, from nothing but Python 3.11 or later.

Works with the venv module, with venv but no ensurepip (Debian without python3-venv), or with
virtualenv; says what is missing where none of them is there. Does nothing when up to date.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
STAMP = VENV / ".installed"


def works(*command: object) -> bool:
    """Run quietly; True if it succeeded."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def make() -> None:
    """Create the environment by the first way that works."""
    if works(PYTHON, "-m", "pip", "--version"):
        return
    if works(sys.executable, "-m", "venv", "--clear", VENV) and works(
        PYTHON, "-m", "pip", "--version"
    ):
        return
    pip = (sys.executable, "-m", "pip")
    bare = works(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
    if bare and works(*pip, "--python", PYTHON, "install", "pip"):
        return
    if works(sys.executable, "-m", "virtualenv", VENV):
        return
    beside = VENV.with_name(".virtualenv")
    if works(*pip, "install", "--target", beside, "virtualenv"):
        command = f"import sys; sys.path.insert(0, {str(beside)!r}); import virtualenv; virtualenv.cli_run([{str(VENV)!r}])"
        if works(sys.executable, "-c", command):
            return
    sys.exit(
        f"cannot make a virtual environment with {sys.executable}: neither venv, nor pip, nor "
        "virtualenv works there. On Debian or Ubuntu: apt install python3-venv; then run make again."
    )


def install(extras: str) -> None:
    """Install the pinned packages and this project, if anything changed since last time."""
    pins = [ROOT / "constraints.txt", ROOT / "pyproject.toml"]
    state = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()
    before, *there = STAMP.read_text().split() if STAMP.exists() else [""]
    wanted = set(extras.split(","))
    if before == state and wanted <= set(there):
        return
    sys.stdout.write(
        f"installing longshelf[{extras}] into {VENV.name} (a few minutes the first time) ...\n"
    )
    sys.stdout.flush()
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--constraint", str(pins[0])]
    pinned = [line for line in pins[0].read_text().splitlines() if line.startswith("torch==")]
    for wanted_packages in (pinned, ["--editable", f"{ROOT}[{extras}]"]):
        done = subprocess.run([*command, *wanted_packages], check=False)
        if done.returncode:
            sys.exit("the installation failed; the lines above say which package and why")
    STAMP.write_text(" ".join([state, *sorted(wanted)]))


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what old interpreters meet first
        sys.exit(f"LongShelf needs Python 3.11 to 3.13; this is {sys.version.split()[0]}")
    make()
    install(sys.argv[1] if len(sys.argv) > 1 else "deep,dev")
