"""Install the programs that some tests start: Chromium, PostgreSQL and Redis.

Only what is missing, only on Debian or Ubuntu, and only as root; elsewhere it says which tests
will be skipped and what would bring them. Never fails: the tests themselves skip with a reason.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import which

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import programs

PATIENCE = 300
"""Seconds one call of apt-get may take."""


def missing() -> list[str]:
    """Debian packages of the programs that are not here."""
    there = {
        "chromium": programs.CHROMIUM,
        "postgresql": programs.POSTGRES,
        "redis-server": programs.REDIS,
    }
    return [package for package, program in there.items() if program is None]


def install(packages: list[str]) -> bool:
    """Ask apt-get for the packages; True if it brought them all."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        try:
            done = subprocess.run(
                ["apt-get", "--quiet", "--quiet", *words],
                env=quiet, check=False, timeout=PATIENCE, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
        if done.returncode:
            return False
    return True


def main() -> None:
    packages = missing()
    if not packages:
        return
    may = which("apt-get") is not None and os.geteuid() == 0
    if may:
        sys.stdout.write(f"installing {', '.join(packages)} for the tests that start them\n")
    if not (may and install(packages)):
        sys.stdout.write(
            f"the tests of {', '.join(packages)} will be skipped; to have them: "
            f"apt-get install {' '.join(packages)}\n"
        )


if __name__ == "__main__":
    main()
