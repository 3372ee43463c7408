"""What notify writes: entries, lines of a digest, facts that wait."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select

from services.chassis import statements
from services.chassis.ids import ulid
from services.chassis.lists import within
from services.chassis.prepared import Prepared
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.base import read
from services.contracts.cases import CaseClass
from services.contracts.events.base import Event
from services.contracts.events.notify import InboxEntryAdded
from services.contracts.orders import OrderState
from services.contracts.organisation import Node, federation_of
from services.contracts.regions import Level, at_level
from services.contracts.states import AccessState, CustodyState
from services.contracts.topics import Topic
from services.notify.rules import mailbox
from services.notify.rules.audience import digest_time
from services.notify.rules.entries import Kind, Told
from services.notify.rules.ladder_news import alerted_nodes
from services.notify.rules.mailbox import Mailbox
from services.notify.rules.people import in_charge, of_the_circle, serving
from services.notify.tables import METADATA

ENTRY = METADATA.tables["entry"]
WAITING = METADATA.tables["waiting"]
DIGEST = METADATA.tables["digest"]
ONCE = frozenset({Kind.NEW_MATTER, Kind.SEALED_MATTER})
"""That a matter waits for her is said once, whichever fact is heard first."""
FROM_OUTSIDE = frozenset({Kind.OVERDUE_BELOW, Kind.IDLE_BELOW, Kind.VACANT_BELOW, Kind.CHAIR_BARRED})
"""What the level above hears of a private matter whose circle it is not of, or not yet."""


@dataclass(frozen=True)
class Entry:
    """A row of the table, but for its id."""

    address: str
    kind: Kind
    case_id: str | None
    order_id: str | None
    case_number: str
    private: bool
    count: int | None
    at: datetime


class Post:
    """The entries that a transaction writes, together before it commits. The mailboxes are locked before an entry has its id, all at once and
    in order: so ids and the bus agree on the order, and no two transactions wait for each other."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.take_back()

    def take_back(self) -> None:
        """Nothing is to be written."""
        self._entries: list[Entry] = []

    def add(
        self,
        address: str,
        kind: Kind,
        *,
        case_id: str | None = None,
        order_id: str | None = None,
        number: str = "",
        private: bool = False,
        count: int | None = None,
    ) -> None:
        """One more entry."""
        self._entries.append(Entry(address, kind, case_id, order_id, number, private, count, self._tx.now))

    def of(self, case_id: str) -> list[Entry]:
        """What is still to be written about a matter."""
        return [entry for entry in self._entries if entry.case_id == case_id]

    async def write(self) -> None:
        """Write them."""
        if not self._entries:
            return
        tx, rows = self._tx, []
        boxes = await tx.load_many(Mailbox, sorted({entry.address for entry in self._entries}))
        told: dict[str, list[InboxEntryAdded]] = defaultdict(list)
        for entry in self._entries:
            entry_id = f"e_{ulid(tx.room.wall.now())}"
            boxes[entry.address], added = mailbox.add(boxes.get(entry.address), entry.address, entry_id, tx.now)
            told[entry.address].append(added)
            rows.append({"id": entry_id, **vars(entry), "kind": entry.kind.value})
        for address, facts in sorted(told.items()):  # new mailboxes too are written in order
            await tx.save(boxes[address], *facts)
        await tx.execute(tx.room.database.insert(ENTRY), rows)
        self.take_back()


async def access_of(tx: Transaction, case_id: str) -> AccessState | None:
    """Who may see a matter, as intake told it last: of a sealed one on a topic of its own, and of one whose class moved on both."""
    return (await accesses_of(tx, [case_id])).get(case_id)


async def accesses_of(tx: Transaction, case_ids: Sequence[str]) -> dict[str, AccessState]:
    """The same of many."""
    return await tx.known_newest_many((topics.INTAKE_ACCESS, topics.INTAKE_SEALED_ACCESS), AccessState, case_ids)


async def tell_newcomers(tx: Transaction, access: AccessState) -> None:
    """Members of a circle who have heard nothing of the matter yet, or only that it did not move below: the class went up, a level joined,
    somebody was named. Who reported it knows. Whoever joins because she is alerted hears that it is an alert. Of a matter that has ended there
    is nothing to tell until it is open again."""
    able = [each for each in access.circle if each not in access.barred and each not in access.reporters]
    told = await _told(tx, access.case_id, able)
    new = [each for each in able if each not in told]
    kind = Kind.SEALED_MATTER if access.case_class is CaseClass.C3 else Kind.NEW_MATTER
    told_on = (topics.ESCALATION_CUSTODY, topics.ESCALATION_SEALED)
    custody = await tx.known_newest(told_on, CustodyState, access.case_id) if new else None
    if custody is not None and custody.closed_at is not None:
        return
    alerted = alerted_nodes(custody) if custody and access.case_class is CaseClass.C2 else ()
    nodes = await nodes_of(tx, alerted) if alerted else {}
    at_once = [each for node in alerted for each in of_the_circle(node, access, nodes, tx.now)]
    await tell(tx, [Told(each, Kind.ALERT if each in at_once else kind) for each in new], access, "")


async def let_go_of(
    tx: Transaction, order: OrderState, access: AccessState, nodes: Mapping[str, Node]
) -> Sequence[str]:
    """Who knew of an order at its issuer's before its matter was sealed: whoever answers there; of a matter that was private then, those of
    them who had been told of it."""
    custody = await tx.known(topics.ESCALATION_CUSTODY, CustodyState, order.case_id)
    if custody is not None and not custody.private:
        return in_charge(order.issuer, nodes, tx.now, access.barred)
    there = serving(nodes.get(order.issuer), tx.now)
    return sorted(await _told(tx, order.case_id, there))


async def _told(tx: Transaction, case_id: str, some: Collection[str]) -> set[str]:
    """Which of them have heard of a matter, otherwise than from outside."""
    hers = (ENTRY.c.case_id == case_id, within(ENTRY.c.address, some), ENTRY.c.kind.not_in(FROM_OUTSIDE))
    told = set((await tx.execute(select(ENTRY.c.address).where(*hers).distinct())).scalars())
    now = {entry.address for entry in tx.unit(Post).of(case_id) if entry.kind not in FROM_OUTSIDE}
    return told | now & set(some)


async def tell(tx: Transaction, told: Sequence[Told], access: AccessState, number: str) -> None:
    """Write the entries."""
    private = access.case_class.private
    for each in sorted(told):
        if each.digest:
            line = {"address": each.address, "case_id": access.case_id, "send_at": digest_time(tx.now)}
            await tx.execute(tx.room.database.insert_new(DIGEST), line)
        elif each.kind not in ONCE or not await _has(tx, each, access.case_id):
            named = each.names_matter
            tx.unit(Post).add(
                each.address,
                each.kind,
                case_id=access.case_id if named else None,
                order_id=each.order_id or None,
                number=number if named and not private else "",
                private=private,
            )


async def _has(tx: Transaction, told: Told, case_id: str) -> bool:
    if any((each.address, each.kind) == (told.address, told.kind) for each in tx.unit(Post).of(case_id)):
        return True
    asked = {"case_id": case_id, "address": told.address, "kind": told.kind.value}
    return (await tx.execute(_HAS, asked)).first() is not None


_HAS = Prepared(
    select(ENTRY.c.id).where(*(ENTRY.c[name] == bindparam(name) for name in ("case_id", "address", "kind"))).limit(1)
)


async def keep_waiting(tx: Transaction, topic: Topic, event: Event, case_id: str) -> None:
    """A fact of a matter whose audience is not known yet."""
    values = {
        "case_id": case_id,
        "topic": topic.name,
        "event_type": event.type_name(),
        "event": event.model_dump_json(exclude_none=True),
    }
    await tx.execute(tx.room.database.insert(WAITING), values)


_WAITING_FOR = Prepared(select(WAITING).where(WAITING.c.case_id == bindparam("case_id")).order_by(WAITING.c.id))
_CASES_WAITING = Prepared(select(WAITING.c.case_id).group_by(WAITING.c.case_id).order_by(func.min(WAITING.c.id)))


async def waiting_for(tx: Transaction, case_id: str) -> list[Event]:
    """The facts that waited for this matter's access, in the order they came; they wait no more."""
    rows = (await tx.execute(_WAITING_FOR, {"case_id": case_id})).all()
    if rows:
        await tx.execute(statements.erased(WAITING.c.case_id), {"the_value": case_id})
    kinds = {(topic.name, kind.type_name()): kind for topic in topics.TOPICS for kind in topic.events}
    return [read(kinds[row.topic, row.event_type], row.event) for row in rows]


def topic_of(event: Event) -> Topic:
    """The topic that a fact of the ordinary ones came on; a sealed matter's waits for nobody but its own access."""
    return next(topic for topic in topics.TOPICS if type(event) in topic.events)


async def cases_waiting(tx: Transaction) -> list[str]:
    """The matters of which something waits: few, and for a moment."""
    return list((await tx.execute(_CASES_WAITING)).scalars())


async def nodes_about(tx: Transaction, region: str, *others: str | None) -> dict[str, Node]:
    """The nodes that may have somebody to tell: the federations from the village up, and others by name: a group, a department."""
    ids = [federation_of(at_level(region, level)) for level in Level if level.width <= len(region)]
    return await tx.known_many(topics.INTAKE_ROSTER, Node, [*ids, *(each for each in others if each)])


async def nodes_of(tx: Transaction, ids: Sequence[str]) -> dict[str, Node]:
    """Some nodes of the roster; unknown ones, and members among the ids, are absent."""
    return await tx.known_many(topics.INTAKE_ROSTER, Node, list(ids))


async def send_digests(tx: Transaction, now: datetime, limit: int) -> int:
    """One entry for each address whose digest is due; returns how many."""
    due = select(DIGEST.c.address).where(DIGEST.c.send_at <= now).distinct().order_by(DIGEST.c.address).limit(limit)
    addresses = list((await tx.execute(due)).scalars())
    for address in addresses:
        gone = delete(DIGEST).where(DIGEST.c.address == address, DIGEST.c.send_at <= now)
        if count := (await tx.execute(gone)).rowcount:
            tx.unit(Post).add(address, Kind.DAILY_DIGEST, count=count)
    return len(addresses)
