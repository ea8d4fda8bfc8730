"""The image, step by step, where no engine builds it."""

import re
import shlex
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")

ROOT = Path(__file__).resolve().parents[2]


def steps():
    """Instructions in order: (name, rest), continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(one for one in text.splitlines() if not one.startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", lines)
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def of(name):
    return [rest for step, rest in steps() if step == name]


def as_list(rest):
    found = re.search(r"\[.*\]", rest)
    return [part.strip().strip('"') for part in re.split(r'",\s*"', found[0][1:-1])]


def test_what_is_copied_is_there_and_passes_the_ignore_file():
    let_in = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    for rest in of("COPY"):
        if rest.startswith("--from"):
            continue
        for source in shlex.split(rest)[:-1]:
            assert (ROOT / source).exists(), source
            assert source in let_in


def test_the_extras_that_are_installed_exist():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    (asked,) = (rest for rest in of("ARG") if rest.startswith("EXTRAS"))
    assert set(asked.split("=")[1].split(",")) <= set(extras)
    assert any("-c constraints.txt" in rest for rest in of("RUN"))


def test_the_service_does_not_run_as_root():
    last = max(at for at, (step, _) in enumerate(steps()) if step == "FROM")
    users = [rest for step, rest in steps()[last:] if step == "USER"]
    assert users == ["longshelf"]
    assert any("useradd" in rest and "--uid 10001" in rest for rest in of("RUN"))


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_tells_a_service_that_answers_from_one_that_does_not(status, code):
    class Health(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (check,) = of("HEALTHCHECK")
        program, flag, script = as_list(check.split("CMD", 1)[1])
        assert (program, flag) == ("python", "-c")
        here = script.replace(":8080/", f":{server.server_address[1]}/")
        done = subprocess.run([sys.executable, "-c", here], capture_output=True, check=False)
        assert done.returncode == code
        server.shutdown()


def test_the_command_is_one_that_longshelf_understands():
    import typer

    from longshelf.cli.app import app

    program, subcommand = as_list(of("ENTRYPOINT")[0])
    assert program == "longshelf"
    command = typer.main.get_command(app).commands[subcommand]
    with command.make_context(subcommand, as_list(of("CMD")[0])) as context:
        said = context.params
    assert said["host"] == "0.0.0.0"
    assert said["api_keys"]
    assert said["artifacts"] == ["/artifact"]
    port = {one.name: one.default for one in command.params}["port"]
    assert of("EXPOSE") == [str(port)]
    assert f":{port}/health" in of("HEALTHCHECK")[0]
