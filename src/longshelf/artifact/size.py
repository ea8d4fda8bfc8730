"""How much an artifact weighs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["size_of"]


def size_of(folder: Path, parameters: int) -> dict[str, Any]:
    """Bytes of what is loaded, and numbers learned."""
    held = [path.stat().st_size for path in (folder / "model").rglob("*") if path.is_file()]
    return {"bytes": sum(held), "parameters": int(parameters)}
