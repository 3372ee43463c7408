"""The projector: a service without commands. It hears every topic, keeps the read model, fetches approved summaries, and says how
fresh the model is. A part of the gateway; in a distributed run a process of its own."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select, update

from gateway.readmodel import apply, apply_council
from gateway.readmodel.tables import CHASSIS, METADATA
from services.chassis.bus.port import Consumer, Ends
from services.chassis.calls import Calls, RefusedElsewhere
from services.chassis.prepared import Prepared
from services.chassis.room import Room
from services.chassis.service import Reaction, Service, Timer
from services.contracts import topics
from services.contracts.refusals import Refused

log = logging.getLogger(__name__)

CASE = METADATA.tables["case_view"]
FRESHNESS = METADATA.tables["freshness"]
BATCH = 100


_WANTED = Prepared(
    select(CASE.c.case_id, CASE.c.summary_wanted).where(CASE.c.summary_wanted > CASE.c.summary_version).limit(BATCH)
)


@dataclass(frozen=True)
class SystemCaller:
    """The projector as it calls the services: it may read approved summaries of C0 matters and nothing else."""

    token: Callable[[], str]
    """A token that holds now: a process may run for longer than any token does."""


class Sources:
    """Where freshness is asked for: the services' outboxes, and this replica's own consumer."""

    def __init__(self, services: tuple[str, ...]) -> None:
        self.services = services
        self.consumer: Consumer | None = None
        self.noted: tuple[datetime, Ends] | None = None
        """A moment, and where the topics ended after it, that the consumer had not passed yet."""


async def fetch_summaries(room: Room) -> int:
    """Fill in the approved public summaries that events announced: text comes by call, never by topic."""
    async with room.database.read() as connection:
        wanted = [(row.case_id, row.summary_wanted) for row in await connection.execute(_WANTED)]
    if not wanted:
        return 0
    asked = {"caseIds": [case_id for case_id, _ in wanted]}
    try:
        answer = await room.get(Calls).query("intake", "case-texts", asked, room.get(SystemCaller).token())
    except (Refused, RefusedElsewhere) as error:
        log.warning("summaries could not be fetched", extra={"facts": {"error": str(error)}})
        return 0
    texts = {text["caseId"]: (text.get("summary") or "", text.get("summaryVersion") or 0) for text in answer["cases"]}
    async with room.transaction() as tx:
        await apply.take_turn(tx)
        for case_id, version in wanted:
            summary, answered = texts.get(case_id, ("", 0))
            where = (CASE.c.case_id == case_id) & (CASE.c.case_class == "C0") & (CASE.c.summary_version < version)
            # It may be of a later version than the one that was announced here so far.
            values = {"summary": summary, "summary_version": max(version, answered)}
            await tx.execute(update(CASE).where(where).values(**values))
    room.heard.ring()
    return len(wanted)


async def measure_freshness(room: Room) -> int:
    """As fresh as the moment of which everything that had been told is applied, none of it held; of what waits in an outbox, as the oldest
    of that. Never fresher than the truth: the topics' ends are noted after the moment, and the model is that fresh once it is past them.
    Looked at again and again, for where somebody always tells something there is no moment with nothing on its way."""
    sources = room.get(Sources)
    fresh: datetime | None = None
    try:
        if sources.consumer is None or await room.held() > 0:
            return 0
        if sources.noted is not None and await sources.consumer.passed(sources.noted[1]):
            fresh, sources.noted = sources.noted[0], None
        if sources.noted is None:
            moment, ends = await _moment(room, sources), await sources.consumer.ends()
            if await sources.consumer.passed(ends):
                fresh = moment
            else:
                sources.noted = moment, ends
    except (Refused, ConnectionError):
        return 0
    if fresh is None:
        return 0
    async with room.transaction() as tx:
        values = {"cell": room.cell, "as_of": fresh}
        await tx.execute(tx.room.database.upsert(FRESHNESS, values), values)
    return 1


async def _moment(room: Room, sources: Sources) -> datetime:
    """Up to when everything that was told is on its topics: now, unless something waits in an outbox."""
    now, waiting = room.clock.now(), list[datetime]()
    for service in sources.services:
        if since := await room.get(Calls).oldest_unsent(service):
            waiting.append(datetime.fromisoformat(since))
    return min([now, *waiting])


PROJECTOR = Service(
    "gateway",
    metadata=METADATA,
    chassis=CHASSIS,
    reactions=(
        Reaction(topics.INTAKE_CASE, apply.on_case),
        Reaction(topics.INTAKE_SEALED, partial(apply.on_case, sealed=True)),
        Reaction(topics.INTAKE_ACCESS, apply.on_access),
        Reaction(topics.INTAKE_SEALED_ACCESS, apply.on_access),
        Reaction(topics.INTAKE_ROSTER, apply.on_node, apply.on_nodes),
        Reaction(topics.INTAKE_REGION, apply.on_region, apply.on_regions),
        Reaction(topics.DELIBERATION_DOCKET, apply.on_docket),
        Reaction(topics.DELIBERATION_PEOPLE, apply_council.on_people),
        Reaction(topics.DELIBERATION_COUNCIL, apply_council.on_council),
        Reaction(topics.ESCALATION_CUSTODY, apply.on_custody),
        Reaction(topics.ESCALATION_SEALED, partial(apply.on_custody, sealed=True)),
        Reaction(topics.ESCALATION_ORDER, apply.on_order),
        Reaction(topics.NOTIFY_INBOX, apply.on_inbox),
    ),
    keeps_states=False,  # it has rows of its own
    take_turn=apply.take_turn,
    timers=(Timer("summaries", every=0.3, run=fetch_summaries), Timer("freshness", every=0.4, run=measure_freshness)),
)
