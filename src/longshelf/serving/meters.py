"""What Prometheus is told."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from longshelf.errors import missing_extra

__all__ = ["Meters"]

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Meters:
    """Counters of one worker; with several workers a scrape of any adds all of them up.

    Nothing here is named by users, items or words: labels are endpoints, statuses, slices and arms.
    """

    def __init__(self) -> None:
        try:
            import prometheus_client as prometheus
        except ImportError as error:
            raise missing_extra("prometheus-client", "serve", "metrics") from error
        self._client = prometheus
        self._children: dict[tuple[int, tuple[str, ...]], Any] = {}
        self.registry = own = prometheus.CollectorRegistry()
        counter, gauge = prometheus.Counter, prometheus.Gauge
        self.requests = counter(
            "longshelf_requests", "Answers", ["endpoint", "status"], registry=own
        )
        self.seconds = prometheus.Histogram(
            "longshelf_seconds", "Time to answer", ["endpoint"], buckets=SECONDS, registry=own
        )
        self.exposures = counter(
            "longshelf_exposures", "Items shown", ["surface", "slice", "arm"], registry=own
        )
        self.acts = counter(
            "longshelf_acts", "Items acted on", ["kind", "slice", "arm"], registry=own
        )
        self.degraded = counter(
            "longshelf_degraded", "Answers that left something out", ["part"], registry=own
        )
        self.shed = counter("longshelf_shed", "Requests turned away", ["why"], registry=own)
        self.reloads = counter(
            "longshelf_reloads", "Artifacts taken or rejected", ["outcome"], registry=own
        )
        self.waiting = gauge(
            "longshelf_events_waiting", "Records to be written", registry=own,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self.hits = gauge(
            "longshelf_cache_hits", "Answers from the cache", registry=own,
            multiprocess_mode="livesum",
        )  # fmt: skip

    def _of(self, meter: Any, *labels: str) -> Any:
        """The child of some labels, looked up once."""
        key = (id(meter), labels)
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = meter.labels(*labels)
        return found

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._of(self.requests, endpoint, str(status)).inc()
        self._of(self.seconds, endpoint).observe(seconds)

    def shown(self, surface: str, slices: Sequence[str], arm: str) -> None:
        """Count the items of a list by slice."""
        for name in ("head", "torso", "tail"):
            if some := slices.count(name):
                self._of(self.exposures, surface, name, arm).inc(some)

    def text(self) -> bytes:
        """The page that is scraped."""
        registry = self.registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            from prometheus_client import multiprocess

            registry = self._client.CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        page: bytes = self._client.generate_latest(registry)
        return page
