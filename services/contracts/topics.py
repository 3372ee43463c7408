"""The one table of topics (design 3): name, key, partitions, retention, owner, readers, and the union of events on each."""

from enum import StrEnum
from typing import NamedTuple

from services.contracts.events import council, deliberation, escalation, intake, notify, orders
from services.contracts.events.base import Event


class Retention(StrEnum):
    """How long a topic keeps its records."""

    FOR_EVER = "FOR_EVER"
    """Any projection can be rebuilt from it; not compacted, which would take facts away."""
    COMPACTED = "COMPACTED"
    """The latest state of each key; a tombstone erases."""


MEMBER = "member or group"
"""The key of what is told to somebody."""


class Topic(NamedTuple):
    """One line of the table. The full name is `<cell>.<name>`."""

    name: str
    key: str
    owner: str
    readers: frozenset[str]
    events: tuple[type[Event], ...]
    partitions: int = 6
    retention: Retention = Retention.FOR_EVER

    @property
    def personal(self) -> bool:
        """Whether its key is a person's, so that nothing else on it may say which matter it is about (design 3)."""
        return self.key == MEMBER

    def in_cell(self, cell: str) -> str:
        """The name on the bus, as in `21.intake.case.v1`."""
        return f"{cell}.{self.name}"


EVERYONE = frozenset({"intake", "deliberation", "escalation", "notify", "gateway"})

INTAKE_CASE = Topic("intake.case.v1", "case id", "intake", EVERYONE - {"intake"}, intake.CASE)
INTAKE_SEALED = Topic("intake.sealed.v1", "case id", "intake", frozenset({"escalation", "gateway"}), intake.SEALED)
INTAKE_ACCESS = Topic(
    "intake.access.v1", "case id", "intake", EVERYONE - {"intake"}, intake.ACCESS, retention=Retention.COMPACTED
)
INTAKE_SEALED_ACCESS = Topic(
    "intake.sealed-access.v1",
    "case id",
    "intake",
    frozenset({"escalation", "notify", "gateway"}),
    intake.ACCESS,
    retention=Retention.COMPACTED,
)
INTAKE_ROSTER = Topic("intake.roster.v1", "node id", "intake", EVERYONE - {"intake"}, intake.ROSTER)
INTAKE_REGION = Topic("intake.region.v1", "region code", "intake", EVERYONE - {"intake"}, intake.REGION)
DELIBERATION_DOCKET = Topic(
    "deliberation.docket.v1", "case id", "deliberation", EVERYONE - {"deliberation"}, deliberation.DOCKET
)
DELIBERATION_PEOPLE = Topic(
    "deliberation.people.v1",
    "case id",
    "deliberation",
    frozenset({"notify", "gateway"}),
    council.PEOPLE,
    retention=Retention.COMPACTED,
)
DELIBERATION_COUNCIL = Topic(
    "deliberation.council.v1", "node id", "deliberation", frozenset({"notify", "gateway"}), council.COUNCIL
)
ESCALATION_CUSTODY = Topic(
    "escalation.custody.v1", "case id", "escalation", EVERYONE - {"escalation"}, escalation.CUSTODY
)
ESCALATION_SEALED = Topic(
    "escalation.sealed.v1", "case id", "escalation", frozenset({"intake", "notify", "gateway"}), escalation.CUSTODY
)
ESCALATION_ORDER = Topic(
    "escalation.order.v1", "order id", "escalation", frozenset({"notify", "gateway"}), orders.ORDER
)
NOTIFY_INBOX = Topic("notify.inbox.v1", MEMBER, "notify", frozenset({"gateway"}), notify.INBOX)

TOPICS = (
    INTAKE_CASE,
    INTAKE_SEALED,
    INTAKE_ACCESS,
    INTAKE_SEALED_ACCESS,
    INTAKE_ROSTER,
    INTAKE_REGION,
    DELIBERATION_DOCKET,
    DELIBERATION_PEOPLE,
    DELIBERATION_COUNCIL,
    ESCALATION_CUSTODY,
    ESCALATION_SEALED,
    ESCALATION_ORDER,
    NOTIFY_INBOX,
)


BY_NAME = {topic.name: topic for topic in TOPICS}


def read_by(reader: str) -> tuple[Topic, ...]:
    """The topics that a service (or the gateway) reads."""
    return tuple(topic for topic in TOPICS if reader in topic.readers)
