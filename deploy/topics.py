"""Kafka's topics brought to the declared table (services/contracts/topics.py) through the admin API; brokers make none by themselves."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from services.chassis.wire import MAX_BATCH
from services.contracts.topics import TOPICS, Retention, Topic

# What it has to say of a broker that is away is in KafkaAway, and in the log of a process that has one; it is not for the terminal.
logging.getLogger("aiokafka").addHandler(logging.NullHandler())

ANSWER_SECONDS = 15.0
SET_BY_TOPIC = 1
"""Kafka's mark of a value that was set for this very topic, not taken from the broker."""


class KafkaAway(Exception):
    """The cluster does not answer, or refuses; one sentence for the operator."""


class Difference(StrEnum):
    """In what a topic is not as the table says."""

    MISSING = "MISSING"
    SETTING = "SETTING"
    PARTITIONS = "PARTITIONS"
    """Reported only: with another number of partitions keys change theirs, and the order per key is lost."""
    UNDECLARED = "UNDECLARED"
    """A topic of the cell that the table does not know. Reported only."""


MENDABLE = frozenset({Difference.MISSING, Difference.SETTING})


@dataclass(frozen=True)
class Change:
    """One difference, and whether it was mended."""

    topic: str
    difference: Difference
    found: str
    wanted: str
    done: bool = False


def settings_of(topic: Topic) -> dict[str, str]:
    """What is set on a topic, by Kafka's own names. Batches may hold the largest record and its headers, no more."""
    sizes = {"max.message.bytes": str(MAX_BATCH)}
    match topic.retention:
        case Retention.FOR_EVER:
            return sizes | {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
        case Retention.COMPACTED:
            # Within a day of a tombstone the bytes before it are gone, if the partition is written to; the tombstone itself
            # stays a week longer, for readers that were away.
            return sizes | {
                "cleanup.policy": "compact",
                "min.cleanable.dirty.ratio": "0.01",
                "segment.ms": _milliseconds(hours=1),
                "max.compaction.lag.ms": _milliseconds(days=1),
                "delete.retention.ms": _milliseconds(days=7),
            }


async def diff(servers: str, cell: str) -> list[Change]:
    """How the cluster differs from the table; changes nothing. `servers` comma separated. Raises KafkaAway.

    await diff("127.0.0.1:19092", "21")
    """
    async with _admin(servers) as admin:
        return await _differences(admin, cell)


async def apply(servers: str, cell: str, *, replicas: int | None = None) -> list[Change]:
    """Create what is missing and set what is set otherwise; returns every difference found, `done` where it was mended.
    `replicas` of new topics: by default three, or as many as there are brokers. Safe to repeat, and by several at once. Raises KafkaAway."""
    declared = {topic.in_cell(cell): topic for topic in TOPICS}
    async with _admin(servers) as admin:
        found = await _differences(admin, cell)
        missing = {change.topic for change in found if change.difference is Difference.MISSING}
        deviant = {change.topic for change in found if change.difference is Difference.SETTING}
        await _create(admin, {name: declared[name] for name in missing}, replicas)
        await _set(admin, {name: declared[name] for name in deviant})
        if missing or deviant:
            # A broker answers before it shows the change itself; who diffs after us must not see it undone.
            left = found
            while any(change.difference in MENDABLE for change in left):
                await asyncio.sleep(0.02)
                left = await _differences(admin, cell)
    return [replace(change, done=change.difference in MENDABLE) for change in found]


async def _differences(admin: AIOKafkaAdminClient, cell: str) -> list[Change]:
    declared = {topic.in_cell(cell): topic for topic in TOPICS}
    there = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    configured = await _configured(admin, [name for name in declared if name in there])
    found: list[Change] = []
    for name, topic in declared.items():
        if name not in there:
            found.append(Change(name, Difference.MISSING, "", f"{topic.partitions} partitions, {topic.retention}"))
            continue
        if there[name] != topic.partitions:
            found.append(Change(name, Difference.PARTITIONS, str(there[name]), str(topic.partitions)))
        for key, wanted in settings_of(topic).items():
            value, _ = configured[name].get(key, ("", False))
            if value != wanted:
                found.append(Change(name, Difference.SETTING, f"{key}={value}", f"{key}={wanted}"))
    strangers = sorted(name for name in there if name.startswith(f"{cell}.") and name not in declared)
    return found + [Change(name, Difference.UNDECLARED, f"{there[name]} partitions", "") for name in strangers]


async def _configured(admin: AIOKafkaAdminClient, names: list[str]) -> Mapping[str, Mapping[str, tuple[str, bool]]]:
    """By topic and setting: its value, and whether it was set for the topic itself."""
    if not names:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for answer in await admin.describe_configs(asked):
        for code, reason, _, name, entries in answer.resources:
            _refuse(code, name, reason)
            found[name] = {entry[0]: (entry[1], entry[3] == SET_BY_TOPIC) for entry in entries}
    return found


async def _create(admin: AIOKafkaAdminClient, missing: Mapping[str, Topic], replicas: int | None) -> None:
    if not missing:
        return
    replicas = replicas or min(3, len((await admin.describe_cluster())["brokers"]))
    new = [
        NewTopic(name, topic.partitions, replicas, topic_configs=settings_of(topic)) for name, topic in missing.items()
    ]
    answer = await admin.create_topics(new)
    for name, code, *reason in answer.topic_errors:
        if code != TopicAlreadyExistsError.errno:  # somebody else applied at the same time
            _refuse(code, name, *reason)


async def _set(admin: AIOKafkaAdminClient, deviant: Mapping[str, Topic]) -> None:
    """Kafka replaces all that was set for a topic, so what an operator added beyond the table is sent along."""
    kept = await _configured(admin, list(deviant))
    wanted = [
        ConfigResource(
            ConfigResourceType.TOPIC,
            name,
            configs={key: value for key, (value, own) in kept[name].items() if own} | settings_of(topic),
        )
        for name, topic in deviant.items()
    ]
    if wanted:
        for answer in await admin.alter_configs(wanted):
            for code, reason, _, name in answer.resources:
                _refuse(code, name, reason)


@asynccontextmanager
async def _admin(servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.split(","), request_timeout_ms=int(ANSWER_SECONDS * 1000))
    try:
        async with asyncio.timeout(2 * ANSWER_SECONDS):
            await admin.start()
            yield admin
    except (KafkaError, OSError, TimeoutError, ValueError) as error:
        raise KafkaAway(
            f"Kafka at {servers} did not do it ({type(error).__name__}): start it (yishi up-distributed), or set YISHI_KAFKA."
        ) from error
    finally:
        await admin.close()


def _refuse(code: int, name: str, *reason: Any) -> None:
    if code:
        words = " ".join(str(word) for word in reason if word)
        raise KafkaAway(f"Kafka refused topic {name} ({for_code(code).__name__}{': ' if words else ''}{words}).")


def _milliseconds(**span: float) -> str:
    return str(timedelta(**span) // timedelta(milliseconds=1))


def unmended(changes: Iterable[Change]) -> list[Change]:
    """What an operator has to look at herself."""
    return [change for change in changes if not change.done]
