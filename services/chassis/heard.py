"""What a service has heard of others' aggregates, as one transaction sees it: a key is asked for once, whatever is asked about it, and what
is learned is written once, before the transaction commits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from services.chassis import statements
from services.chassis.database import Connection, Database
from services.contracts.base import Model, read
from services.contracts.events.base import Event

if TYPE_CHECKING:
    from services.chassis.service import Service

S = TypeVar("S", bound=Model)


class Fact:
    """The newest state heard of an aggregate: as it was told in this transaction, or as it lies in the table until somebody reads it."""

    __slots__ = ("_event", "_state", "_text", "version")

    def __init__(self, version: int, *, text: str = "", event: Event | None = None) -> None:
        self.version = version
        self._text = text
        self._event = event
        self._state = event.state if event else None

    def read_as(self, kind: type[S]) -> S | None:
        """The state; None where its owner tells no more of it."""
        if self._state is None and self._text not in {"", "null"}:
            self._state = read(kind, self._text)
        if self._state is not None and not isinstance(self._state, kind):
            raise TypeError(f"heard a {type(self._state).__name__}, asked for a {kind.__name__}")
        return self._state

    def written(self) -> str:
        """As it lies in the table."""
        return self._event.state_json if self._event else self._text


class Lately:
    """How far this process has heard of what came last: who waits for it need not ask the database."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._versions: dict[tuple[str, str], int] = {}

    def note(self, versions: Mapping[tuple[str, str], int]) -> None:
        """(topic, key) → version, once they are committed."""
        for place, version in versions.items():
            self._versions[place] = max(version, self._versions.pop(place, 0))
        while len(self._versions) > self._most:
            del self._versions[next(iter(self._versions))]

    def has(self, key: str, wanted: Mapping[str, int]) -> bool:
        """Whether these versions, by topic, were all heard; if not, the database may still know them."""
        return all(self._versions.get((topic, key), 0) >= version for topic, version in wanted.items())


class Heard:
    """The table `known` within a transaction."""

    def __init__(self, database: Database, connection: Connection, service: "Service", topics: Sequence[str]) -> None:
        self._keeps_states = service.keeps_states
        self._database = database
        self._connection = connection
        self._table = service.chassis.known
        self._topics = list(topics)
        self._found: dict[str, dict[str, Fact]] = {}
        """Key → topic → what the table says."""
        self._expected: set[str] = set()
        """Keys that will be asked for, as a rule."""
        self._learned: dict[tuple[str, str], Fact] = {}
        """(topic, key) → what this transaction was told and has not written yet."""
        self.written: dict[tuple[str, str], int] = {}
        """(topic, key) → version of what it has written."""

    async def of(self, topics: Sequence[str], kind: type[S], keys: Collection[str]) -> dict[str, S]:
        """The states of some keys, each the one of the highest version among these topics; those of which nothing is told are absent."""
        await self._look(keys)
        found = {}
        for key in keys:
            told = [fact for topic in topics if (fact := self._newest(topic, key)) and fact.read_as(kind)]
            if told:
                found[key] = max(told, key=lambda fact: fact.version).read_as(kind)
        return {key: state for key, state in found.items() if state is not None}

    def expect(self, keys: Iterable[str]) -> None:
        """These will be asked for: whoever asks for the first of them, or for any other key, has them all looked up in one statement."""
        self._expected.update(keys)

    def learn(self, topic: str, events: Iterable[Event]) -> None:
        """Keep the states that were told."""
        for event in events:
            before = self._learned.get((topic, event.key))
            if before is None or before.version < event.version:
                self._learned[topic, event.key] = Fact(event.version, event=event)

    async def write(self) -> None:
        """Write what was learned, in the order of topics and keys: no two transactions wait for each other."""
        if not self._learned:
            return
        rows: list[dict[str, Any]] = [
            {
                "topic": topic,
                "key": key,
                "version": fact.version,
                "state": fact.written() if self._keeps_states else "null",
            }
            for (topic, key), fact in sorted(self._learned.items())
        ]
        await self._connection.execute(self._database.upsert(self._table, rows[0], newer="version"), rows)
        self.written |= {place: fact.version for place, fact in self._learned.items()}
        self._learned.clear()
        self._found.clear()

    def look_again(self) -> None:
        """Somebody else may have written meanwhile: a lock was waited for."""
        self._found.clear()

    def take_back(self) -> None:
        """Nothing was learned: what told it failed."""
        self._learned.clear()
        self._found.clear()

    def _newest(self, topic: str, key: str) -> Fact | None:
        found, learned = self._found[key].get(topic), self._learned.get((topic, key))
        if found is None or learned is None:
            return found or learned
        return learned if learned.version > found.version else found

    async def _look(self, keys: Collection[str]) -> None:
        missing = {key for key in keys if key not in self._found}
        if not missing:
            return
        missing |= self._expected
        self._expected = set()
        self._found |= {key: {} for key in missing}
        query = statements.known(self._table)
        for row in await self._connection.execute(query, {"the_topics": self._topics, "the_keys": list(missing)}):
            self._found[row.key][row.topic] = Fact(row.version, text=row.state)
