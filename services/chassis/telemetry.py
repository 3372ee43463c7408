"""JSON logs with a correlation id through every service, and counters. Neither ever holds personal text."""

import json
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric, generate_latest

correlation: ContextVar[str] = ContextVar("correlation", default="")
"""The id that one request carries through every service, record and log line."""


@contextmanager
def correlated(value: str) -> Iterator[None]:
    """Everything inside belongs to this correlation id."""
    token = correlation.set(value)
    try:
        yield
    finally:
        correlation.reset(token)


class JsonFormatter(logging.Formatter):
    """One JSON object a line. Only what is passed as `extra={"facts": {...}}` is added; exceptions give type and place alone,
    because their text may quote a row."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": getattr(record, "service", self._service),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if value := correlation.get():
            line["correlation"] = value
        line.update(getattr(record, "facts", {}))
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = where(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def where(error: BaseException | None) -> list[str]:
    """File and line of each frame, innermost last: enough to find a bug, nothing of what it was about."""
    frames = []
    trace = error.__traceback__ if error else None
    while trace:
        frames.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames[-8:]


class Seldom(logging.Filter):
    """Lets a library repeat itself once in ten seconds: in an outage a Kafka client says the same some forty times a second."""

    def __init__(self, library: str, seconds: float = 10) -> None:
        super().__init__()
        self._library = library
        self._seconds = seconds
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] != self._library:
            return True
        what, now = (record.name, str(record.msg)), time.monotonic()
        if now - self._said.get(what, float("-inf")) < self._seconds:
            return False
        self._said[what] = now
        return True


OURS = ("services", "gateway", "deploy")


def log_to_stderr(service: str, level: str) -> None:
    """Send all logs of this process to stderr as JSON: ours from a level on, the libraries' from WARNING on whatever it is. At DEBUG
    they print SQL with its parameters, frames of sockets, EXIF: personal text, all of it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    handler.addFilter(Seldom("aiokafka"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for name in OURS:
        logging.getLogger(name).setLevel(level)


class Telemetry:
    """The counters of one service in one process."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self.service = service
        self.commands = Counter(
            "yishi_commands_total",
            "Commands answered, by name and outcome code",
            ["command", "code"],
            registry=self.registry,
        )
        self.records = Counter(
            "yishi_records_total",
            "Records consumed, by topic and what became of them",
            ["topic", "fate"],
            registry=self.registry,
        )
        self.relayed = Counter("yishi_relayed_total", "Outbox rows published", ["topic"], registry=self.registry)
        self.outbox = Gauge("yishi_outbox_unsent", "Outbox rows that wait to be published", registry=self.registry)
        self.held = Gauge("yishi_dead_letters", "Records that are held", registry=self.registry)
        self.stopped = Gauge(
            "yishi_consumer_stopped", "1 if the consumer stopped because it held too many keys", registry=self.registry
        )
        self.lag = Gauge("yishi_consumer_lag", "Records not yet consumed", registry=self.registry)
        self.timers = Counter(
            "yishi_timer_runs_total", "Timer runs, by name and outcome", ["timer", "outcome"], registry=self.registry
        )


class Together:
    """The counters of several services of one process, each named in a label."""

    def __init__(self, telemetries: Sequence[Telemetry]) -> None:
        self._telemetries = telemetries

    def collect(self) -> Iterator[Metric]:
        """Each counter once, with the samples of all (the format allows no second one of a name)."""
        found: dict[str, Metric] = {}
        for telemetry in self._telemetries:
            for metric in telemetry.registry.collect():
                kept = found.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
                for sample in metric.samples:
                    kept.add_sample(sample.name, {"service": telemetry.service, **sample.labels}, sample.value)
        yield from found.values()

    def page(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self)
