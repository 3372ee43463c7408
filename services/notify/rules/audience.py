"""Who is told what: pure. "Tell the right person, and nobody else" (domain 1.4, 1.6): what each fact is to whom stands in `case_news` and
`ladder_news`; what holds for all of them stands here."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial

from services.contracts.cases import CaseClass
from services.contracts.events.base import Event
from services.contracts.events.escalation import (
    ClockOverdue,
    CustodyEvent,
    CustodyOpened,
    FeedbackRelayed,
    MatterResolved,
)
from services.contracts.events.intake import CaseEvent
from services.contracts.organisation import Node
from services.contracts.regions import Level
from services.contracts.states import AccessState, CaseState
from services.notify.rules.case_news import of_the_case
from services.notify.rules.entries import OF_A_REPORTER, TO_A_BYSTANDER, Kind, Told
from services.notify.rules.ladder_news import of_the_ladder
from services.notify.rules.people import chairs, looking_after, owners, responsible

SHANGHAI = timezone(timedelta(hours=8))


def audience(
    event: Event, access: AccessState, nodes: Mapping[str, Node], now: datetime, case: CaseState | None = None
) -> tuple[Told, ...]:
    """Who is told of a fact; `case` is the newest that was heard of the matter. Parties are never told; nobody is told twice, whatever she
    is beside: the first reason counts."""
    told: list[Told] = []
    match event:
        case CaseEvent():
            told += of_the_case(event, access, nodes, now)
        case MatterResolved(on_the_spot=True) if access.case_class in {CaseClass.C0, CaseClass.C1}:
            told += [
                Told(chair, Kind.DAILY_DIGEST, digest=True)
                for chair in chairs(event.custody.region, nodes, now, access.barred)
            ]
        case ClockOverdue():
            told += [Told(member, Kind.OVERDUE) for member in responsible(event.urged, access, nodes, now)]
            if event.informed:
                above = looking_after(event.informed, access, nodes, now)
                told += [Told(member, Kind.OVERDUE_BELOW) for member in above]
        case CustodyOpened() if access.case_class is CaseClass.C3:
            told += [Told(member, Kind.SEALED_MATTER) for member in access.circle]
        case CustodyEvent():
            told += of_the_ladder(event, access, nodes, now)
        case _:
            pass
    if isinstance(event, MatterResolved | FeedbackRelayed):
        told = [*_visit_owed(event, access, nodes, now, case), *told]
    return once_each(told, access)


def once_each(told: Sequence[Told], access: AccessState) -> tuple[Told, ...]:
    """Parties are never told, and nobody twice: the first reason counts."""
    once: dict[str, Told] = {}
    for each in map(partial(_as_a_bystander, access), told):
        if each is not None and each.address not in access.barred:
            once.setdefault(each.address, each)
    return tuple(once.values())


def _as_a_bystander(access: AccessState, told: Told) -> Told | None:
    """Of another's private matter its reporter is told less (V1); what her office is told stays."""
    if access.case_class is CaseClass.C0 or told.address not in access.bystanders or told.kind not in OF_A_REPORTER:
        return told
    kind = TO_A_BYSTANDER.get(told.kind)
    return told._replace(kind=kind) if kind else None


def _visit_owed(
    event: MatterResolved | FeedbackRelayed,
    access: AccessState,
    nodes: Mapping[str, Node],
    now: datetime,
    case: CaseState | None,
) -> list[Told]:
    """The answer has come down to the place, and who told the matter reads no inbox: who wrote it down and who owes the feedback go and
    tell her (S23)."""
    if case is None or case.answer_by is None or event.custody.level is not Level.VILLAGE:
        return []
    written = access.writers if case.some_read else access.reporters
    writers = [Told(member, Kind.VISIT_OWED) for member in written if member not in access.bystanders]
    if access.case_class.private:
        return [*writers, *(Told(member, Kind.VISIT_OWED) for member in access.circle)]
    owing = owners(access.group, nodes, now) or chairs(event.custody.region, nodes, now, access.barred)
    return [*writers, *(Told(member, Kind.VISIT_OWED) for member in owing)]


def digest_time(now: datetime) -> datetime:
    """When the digest that a line of now belongs to is sent: at 17:00, today or tomorrow."""
    local = now.astimezone(SHANGHAI)
    close = local.replace(hour=17, minute=0, second=0, microsecond=0)
    return close if local < close else close + timedelta(days=1)
