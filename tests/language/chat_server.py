"""An OpenAI-compatible chat server on a free port, in a thread: answers by rule, fails on demand.

It understands the prompts of this library well enough to answer them: the class whose name shares
most words with the text, a text with its words in another order, a translation that marks words.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Fault:
    """What goes wrong with one request.

    Parameters
    ----------
    status : int
    headers : dict
    body : str or None
        Sent instead of a completion.
    content : str or None
        Said instead of the right answer.
    silence : float
        Seconds before anything is sent.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    content: str | None = None
    silence: float = 0.0


def refusal(status: int, message: str, code: str = "") -> Fault:
    """An error as OpenAI words it."""
    return Fault(status, body=json.dumps({"error": {"message": message, "code": code}}))


def singular(text: str) -> list[str]:
    """The words of a text without their plural s."""
    return [word.strip(",.").removesuffix("s") for word in text.lower().split()]


class ChatServer:
    """Start it in a ``with``; ``address`` is where it listens.

    Parameters
    ----------
    odds : bool
        Give log-probabilities to those who ask.
    delay : float
        Seconds every answer takes.
    unknown : tuple of str
        Parameters it refuses by name.
    """

    def __init__(self, *, odds: bool = False, delay: float = 0.0, unknown: tuple[str, ...] = ()):
        self.odds, self.delay, self.unknown = odds, delay, unknown
        self.faults: deque[Fault] = deque()
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.billed = 0
        self.under_way = self.most_under_way = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> ChatServer:
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail(self, *faults: Fault) -> None:
        """Let the next requests go wrong, one fault each."""
        self.faults.extend(faults)

    def _handler(outer) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer._lock:
                    outer.requests.append(asked)
                    outer.headers.append(dict(self.headers))
                    outer.times.append(time.monotonic())
                    outer.under_way += 1
                    outer.most_under_way = max(outer.most_under_way, outer.under_way)
                    fault = outer.faults.popleft() if outer.faults else Fault()
                time.sleep(outer.delay + fault.silence)
                named = next((name for name in outer.unknown if name in asked), None)
                if named is not None:
                    fault = refusal(400, f"Unsupported parameter: '{named}'")
                content = fault.content if fault.content is not None else outer.answer(asked)
                body = fault.body if fault.body is not None else outer.completion(asked, content)
                with outer._lock:
                    outer.under_way -= 1
                try:
                    self.send_response(fault.status)
                    for name, value in fault.headers.items():
                        self.send_header(name, value)
                    raw = body.encode()
                    self.send_header("Content-Length", str(len(raw)))
                    self.end_headers()
                    self.wfile.write(raw)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                return

        return Handler

    def completion(self, asked: dict[str, Any], content: str) -> str:
        """A whole completion, with its bill."""
        read = sum(len(message["content"]) for message in asked["messages"]) // 4
        written = max(1, len(content) // 4)
        with self._lock:
            self.billed += read + written
        choice: dict[str, Any] = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": content},
        }
        if asked.get("logprobs") and self.odds:
            choice["logprobs"] = {"content": [self.place(asked, content)]}
        usage = {"prompt_tokens": read, "completion_tokens": written}
        return json.dumps({"object": "chat.completion", "choices": [choice], "usage": usage})

    def answer(self, asked: dict[str, Any]) -> str:
        """What is said: to one of the library's prompts by rule, to others an echo."""
        try:
            data = json.loads(asked["messages"][1]["content"])
        except (ValueError, IndexError):
            return f"echo {asked['messages'][-1]['content']} {asked.get('seed', '')}"
        if "options" in data:
            scores = self.overlaps(data)
            return max(scores, key=lambda letter: (scores[letter], letter))
        if "wanted" in data:
            turn = asked.get("seed", 0) % 97
            samples = [
                " ".join([*reversed(each.get("like", data["class"]).split()), f"no{turn}x{place}"])
                for place, each in enumerate(data["wanted"])
            ]
            return json.dumps({"samples": samples})
        if "items" in data:
            return json.dumps({"items": [self.translated(item) for item in data["items"]]})
        return "echo"

    @staticmethod
    def translated(item: dict[str, str]) -> dict[str, str]:
        """German marks every word; back in English the first two words have changed places."""
        if item["to"] == "de":
            words = [f"{word}_de" for word in item["text"].split()]
            return {"from": "en", "text": " ".join(words)}
        words = [word.removesuffix("_de") for word in item["text"].split()]
        return {"from": "de", "text": " ".join([*words[1:2], *words[:1], *words[2:]])}

    @staticmethod
    def overlaps(data: dict[str, Any]) -> dict[str, int]:
        """By letter, how many words of the text an option says, plural or not."""
        words = set(singular(data["text"]))
        return {
            one["letter"]: len(
                words & set(singular(" ".join((one["class"], *one.get("examples", ())))))
            )
            for one in data["options"]
        }

    def place(self, asked: dict[str, Any], content: str) -> dict[str, Any]:
        """A softmax over the overlaps, the letters as tokens with a space before."""
        scores = self.overlaps(json.loads(asked["messages"][1]["content"]))
        total = math.log(sum(math.exp(2 * one) for one in scores.values()))
        rivals = [
            {"token": f" {letter}", "logprob": 2 * one - total} for letter, one in scores.items()
        ]
        rivals.sort(key=lambda one: -one["logprob"])
        chosen = next(one for one in rivals if one["token"].strip() == content)
        return {**chosen, "top_logprobs": rivals[: asked["top_logprobs"]]}
