"""A real server in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time

import httpx
from small_shop import KEY

RUN = "import sys; from longshelf.cli import main; main()"


def free_port():
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


class Server:
    """``longshelf serve`` on a free port; its log is kept in a file."""

    def __init__(self, home, *arguments, within=60, **environment):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / f"server-{self.port}.log"
        line = [sys.executable, "-c", RUN, "serve", *map(str, arguments), "--port", str(self.port)]
        own = {"LONGSHELF_KEY": KEY.decode(), "OMP_NUM_THREADS": "1", **environment}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                line, env=os.environ | own, stdout=log, stderr=log, cwd=home,
                start_new_session=True,
            )  # fmt: skip
        self.client = httpx.Client(base_url=self.url, timeout=30)
        self._wait(within)

    def _wait(self, within):
        until = time.monotonic() + within
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended:\n{self.log.read_text()}")
            try:
                if self.client.get("/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"the server did not get ready:\n{self.log.read_text()}")

    def post(self, path, document, **more):
        return self.client.post(path, json=document, **more)

    def until(self, check, within=20):
        """Wait for something to become true."""
        end = time.monotonic() + within
        while not check():
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def kill(self):
        """End all its processes at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Ask it to end, as an operator would; its exit status."""
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        return self.process.returncode
