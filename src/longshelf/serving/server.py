"""From a config to processes that listen."""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import tempfile
import time

from longshelf.errors import InputError, missing_extra
from longshelf.serving.config import Config

__all__ = ["CONFIG", "application", "serve"]

CONFIG = "LONGSHELF_SERVE"
"""Environment variable through which workers get the config."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class _Lines(logging.Formatter):
    """A JSON object a line; no request's text is ever logged."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(), "from": record.name, "process": record.process,
            "said": record.getMessage(),
        }  # fmt: skip
        if record.exc_info and record.exc_info[0]:
            said["error"] = record.exc_info[0].__name__
        return json.dumps(said, ensure_ascii=False)


def application() -> object:
    """The ASGI application of a worker, from the environment."""
    try:
        from longshelf.serving.api import api
        from longshelf.serving.front import Front
    except ImportError as error:
        raise missing_extra(error.name or "fastapi", "serve", "the service") from error
    from longshelf.serving.service import Service

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    logging.getLogger().handlers = [handler]
    sys.setswitchinterval(0.001)
    gc.set_threshold(20_000, 20, 50)
    service = Service(Config.read(os.environ[CONFIG]))
    return Front(service, api(service))


def serve(
    config: Config, *, host: str = "127.0.0.1", port: int = 8080, workers: int = 1,
    unguarded: bool = False,
) -> None:  # fmt: skip
    """Serve until stopped; events that were taken are written before the processes end.

    Parameters
    ----------
    config : Config
        What to serve.
    host, port : str, int
        Where to listen.
    workers : int, default 1
        Processes; one that dies is started again.
    unguarded : bool, default False
        Listen beyond this machine without API keys.

    Raises
    ------
    InputError
        If something of the config cannot be used, found before anything listens.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise missing_extra("uvicorn", "serve", "the service") from error
    if host not in LOOPBACK and not config.api_keys and not unguarded:
        raise InputError(
            f"{host} can be reached from outside; give --api-keys FILE, or --unguarded if "
            "something else keeps others out"
        )
    if workers < 1:
        raise InputError(f"workers must be at least 1, got {workers}")
    _checked(config)
    sys.stdout.write(f"http://{host}:{port}/  /ready says when it answers; Ctrl-C ends it\n")
    sys.stdout.flush()
    os.environ[CONFIG] = config.text()
    with tempfile.TemporaryDirectory(prefix="longshelf-meters-") as meters:
        if workers > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = meters
        uvicorn.run(
            "longshelf.serving.server:application", factory=True, host=host, port=port,
            workers=workers, log_config=None, log_level="warning", access_log=False,
            timeout_keep_alive=30, timeout_graceful_shutdown=10, server_header=False,
            date_header=False, lifespan="on", backlog=1024,
        )  # fmt: skip


def _checked(config: Config) -> None:
    """Say what is wrong in a sentence, before processes are started."""
    from longshelf.artifact import read_key
    from longshelf.serving.access import read_keys
    from longshelf.serving.cache import open_cache
    from longshelf.serving.dials import read_dials
    from longshelf.serving.events import open_events
    from longshelf.serving.holding import read_reranker, signature
    from longshelf.serving.plan import read_plan

    read_key(config.key_file or None)
    if config.api_keys:
        read_keys(config.api_keys)
    if config.dials:
        read_dials(config.dials)
    if config.trial:
        read_plan(config.trial, len(config.artifacts))
    if config.reranker:
        read_reranker(config.reranker)
    open_cache(config.cache)
    open_events(config.events).close()
    try:
        signature(config.artifacts)
    except OSError as error:
        raise InputError(
            f"{error.filename} is not there; an artifact is made with: longshelf export"
        ) from error
