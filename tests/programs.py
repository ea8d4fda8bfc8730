"""Programs of the system that some tests start; scripts/system_packages.py installs them on Debian."""

from pathlib import Path
from shutil import which

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
REDIS = which("redis-server")
POSTGRES = max(
    (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
    key=lambda folder: int(folder.parent.name),
    default=None,
)
