"""How far a consumer group is behind, asked over connections of our own: on the consumer's, each question would queue behind a
fetch that waits half a second for news."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

ANSWER_SECONDS = 5.0


class KafkaLag:
    """Answers for all groups of a process. Connects at the first question, and again after any failure."""

    def __init__(self, servers: list[str], client_id: str) -> None:
        self._servers = servers
        self._client_id = f"{client_id}-lag"
        self._clients: tuple[AIOKafkaAdminClient, AIOKafkaConsumer] | None = None
        self._partitions: dict[str, list[TopicPartition]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def of(self, group: str, topics: Sequence[str]) -> int:
        """Records on the topics that the group, all its replicas together, has not committed yet. Raises ConnectionError."""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await self._ask(group, topics)
            except (KafkaError, OSError, TimeoutError) as error:
                await self.close()
                raise ConnectionError(type(error).__name__) from error

    async def _ask(self, group: str, topics: Sequence[str]) -> int:
        admin, reader = await self._connected()
        unknown = [topic for topic in topics if topic not in self._partitions]
        for found in await admin.describe_topics(unknown) if unknown else []:
            places = [TopicPartition(found["topic"], place["partition"]) for place in found["partitions"]]
            if not places:
                raise ConnectionError(f"there is no topic {found['topic']} yet")
            self._partitions[found["topic"]] = places
        # First what was committed, then the ends: so a record that comes in between counts as not consumed.
        committed = await admin.list_consumer_group_offsets(group)
        ends = await reader.end_offsets([place for topic in topics for place in self._partitions[topic]])
        return sum(end - (committed[place].offset if place in committed else 0) for place, end in ends.items())

    async def _connected(self) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
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
