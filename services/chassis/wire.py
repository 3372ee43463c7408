"""Events as records: CloudEvents 1.0 in binary mode (Kafka protocol binding): attributes are headers, the value is the JSON data."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from pydantic import ValidationError

from services.contracts.events.base import Event
from services.contracts.topics import Topic

MAX_RECORD = 256 * 1024
"""Bytes of a value. Both buses refuse more: a fact is small, texts stay at home."""
MAX_BATCH = MAX_RECORD + 16 * 1024
"""Bytes of a batch on Kafka: the largest record with its key and headers. Both the relay and the topics keep to it."""

MAX_KEY = 80
"""Characters of a key or an id."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it came from a bus."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes | None
    headers: Mapping[str, str]

    @property
    def event_id(self) -> str:
        """The CloudEvents id; of a record without one, its place on the bus."""
        return keepable(self.headers.get("ce_id") or f"{self.topic}/{self.partition}/{self.offset}")


def keepable(text: str) -> str:
    """A key or an id as the tables can keep it. One that is too long, or holds a NUL, is nobody's we know, but its record must be held
    like any other: a hash stands for it."""
    if len(text) <= MAX_KEY and "\0" not in text:
        return text
    return hashlib.sha256(text.encode()).hexdigest()


def must_fit(records: Iterable[Record]) -> None:
    """Raises ValueError if one is over MAX_RECORD: asked before the first is sent, for a page goes whole or not at all."""
    for record in records:
        if (size := len(record.value or b"")) > MAX_RECORD:
            raise ValueError(f"a record holds at most {MAX_RECORD} bytes; this one has {size}")


class Unreadable(Exception):
    """A record that no handler will ever see. `reason` is what the dead letter says."""

    reason = "UNDECODABLE"


class UnknownType(Unreadable):
    """An event type that this version of the code does not know on this topic."""

    reason = "UNKNOWN_TYPE"


class UnknownVersion(Unreadable):
    """A schema version that this version of the code does not know."""

    reason = "UNKNOWN_VERSION"


def headers_of(event: Event, event_id: str, cell: str, correlation: str) -> dict[str, str]:
    """The CloudEvents attributes of an event, as record headers."""
    return {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_source": f"/yishi/{cell}/{type(event).service}",
        "ce_type": event.type_name(),
        "ce_subject": event.key,
        "ce_time": event.at.isoformat(),
        "ce_partitionkey": event.key,
        "ce_correlationid": correlation,
    }


def value_of(event: Event) -> bytes:
    """The data of an event. Raises ValueError over MAX_RECORD."""
    value = event.model_dump_json(exclude_none=True).encode()
    if len(value) > MAX_RECORD:
        raise ValueError(f"{event.type_name()} is {len(value)} bytes; a record holds at most {MAX_RECORD}")
    return value


def decode(record: Record, topic: Topic) -> Event:
    """The event in a record of a topic. Raises Unreadable."""
    name, kinds = record.headers.get("ce_type", ""), _kinds(topic.events)
    if name not in kinds:
        family = name.rpartition(".v")[0]
        if family and any(known.rpartition(".v")[0] == family for known in kinds):
            raise UnknownVersion(name[:120])
        raise UnknownType(name[:120] or "no ce_type header")
    try:
        event = _read(kinds[name], record.value or b"")
    except ValidationError as error:
        places = ", ".join(".".join(map(str, problem["loc"])) or problem["type"] for problem in error.errors()[:4])
        raise Unreadable(places) from None
    if event.key != record.key:
        raise Unreadable("the key is not the subject of the event")
    if not 0 <= event.version < 2**31:
        raise Unreadable("the version is out of range")
    return event


@cache
def _kinds(events: tuple[type[Event], ...]) -> dict[str, type[Event]]:
    return {kind.type_name(): kind for kind in events}


@lru_cache(200)
def _read(kind: type[Event], value: bytes) -> Event:
    """Kept for a while: where one process is everybody, the others read it next."""
    return kind.model_validate_json(value)


def headers_json(headers: Mapping[str, str]) -> str:
    """Headers as they stand in a table."""
    return json.dumps(dict(headers), ensure_ascii=False, separators=(",", ":"))


def headers_from_json(text: str) -> dict[str, str]:
    """And back."""
    return {str(name): str(value) for name, value in json.loads(text).items()}
