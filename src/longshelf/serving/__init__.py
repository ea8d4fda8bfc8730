"""The winner as a service: recommend, search, classify, explain, and keep what happened."""

from longshelf.serving.config import Config
from longshelf.serving.server import serve

__all__ = ["Config", "serve"]
