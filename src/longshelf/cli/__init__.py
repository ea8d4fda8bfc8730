"""The command line: a file per subcommand, in the order of the work."""

from longshelf.cli.app import main

__all__ = ["main"]
