"""How far a consumer group is behind, asked over connections of our own: on the consumer's, each question would queue behind a
fetch that waits half a second for news."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

ANSWER_SECONDS = 5.0
Clients = tuple[AIOKafkaAdminClient, AIOKafkaConsumer]
A = TypeVar("A")


class KafkaLag:
    """Answers for all groups of a process. Connects at the first question, and again after any failure."""

    def __init__(self, servers: list[str], client_id: str) -> None:
        self._servers = servers
        self._client_id = f"{client_id}-lag"
        self._clients: Clients | None = None
        self._partitions: dict[str, list[TopicPartition]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def of(self, group: str, topics: Sequence[str]) -> int:
        """Records on the topics that the group, all its replicas together, has not committed yet. Raises ConnectionError."""

        async def ask(clients: Clients) -> int:
            # First what was committed, then the ends: so a record that comes in between counts as not consumed.
            committed = await _committed(clients, group)
            return sum(end - committed.get(place, 0) for place, end in (await self._ends(clients, topics)).items())

        return await self._asked(ask)

    async def ends(self, topics: Sequence[str]) -> Mapping[TopicPartition, int]:
        """Where each partition of the topics ends. Raises ConnectionError."""
        return await self._asked(lambda clients: self._ends(clients, topics))

    async def passed(self, group: str, ends: Mapping[TopicPartition, int]) -> bool:
        """Whether the group has committed all up to there. Raises ConnectionError."""
        committed = await self._asked(lambda clients: _committed(clients, group))
        return all(committed.get(place, 0) >= end for place, end in ends.items())

    async def _asked(self, question: Callable[[Clients], Awaitable[A]]) -> A:
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await question(await self._connected())
            except (KafkaError, OSError, TimeoutError) as error:
                await self.close()
                raise ConnectionError(type(error).__name__) from error

    async def _ends(self, clients: Clients, topics: Sequence[str]) -> Mapping[TopicPartition, int]:
        admin, reader = clients
        unknown = [topic for topic in topics if topic not in self._partitions]
        for found in await admin.describe_topics(unknown) if unknown else []:
            places = [TopicPartition(found["topic"], place["partition"]) for place in found["partitions"]]
            if not places:
                raise ConnectionError(f"there is no topic {found['topic']} yet")
            self._partitions[found["topic"]] = places
        ends: Mapping[TopicPartition, int] = await reader.end_offsets(
            [place for topic in topics for place in self._partitions[topic]]
        )
        return ends

    async def _connected(self) -> Clients:
        if self._clients is None:
            self._partitions.clear()
            admin = AIOKafkaAdminClient(bootstrap_servers=self._servers, client_id=self._client_id)
            reader = AIOKafkaConsumer(bootstrap_servers=self._servers, client_id=self._client_id, group_id=None)
            self._clients = (admin, reader)  # also half started: close() gives both back
            await admin.start()
            await reader.start()
        return self._clients

    async def close(self) -> None:
        """Give the connections back."""
        clients, self._clients = self._clients, None
        if clients:
            admin, reader = clients
            for closing in (admin.close(), reader.stop()):
                with suppress(Exception):
                    await asyncio.wait_for(closing, 2)


async def _committed(clients: Clients, group: str) -> dict[TopicPartition, int]:
    found = await clients[0].list_consumer_group_offsets(group)
    return {place: at.offset for place, at in found.items()}
