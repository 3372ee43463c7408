"""What a caller knows of a council's work on a matter: which of its sessions, resolutions and action items."""

import strawberry

from gateway.context import Context
from gateway.readmodel.reads import Matter
from gateway.subjects.council_types import ActionItem, CouncilSession, Resolution
from services.contracts.allowed_council import Before, knows_all, knows_of
from services.contracts.cases import CaseClass

Info = strawberry.Info[Context, None]


def sessions_of(info: Info, matter: Matter) -> list[CouncilSession]:
    """The sessions that the caller knows of: all, for who works on the matter; else those that she was invited to."""
    before = _before(matter)
    if before is None:
        return []
    who, by_id = info.context.who, {each.id: each for each in before.people.sessions}
    everything = knows_all(who, before)
    pairs = [(each, by_id[each.id]) for each in before.docket.sessions if each.id in by_id]
    return [
        CouncilSession(state=state, before=before, people=people)
        for state, people in pairs
        if everything or knows_of(who, before, people.present)
    ]


def resolutions_of(info: Info, matter: Matter) -> list[Resolution]:
    """The resolutions of the sessions that the caller knows of, and of an open matter those that were made public."""
    before = _before(matter)
    if before is None:
        return []
    sessions = {each.state.id for each in sessions_of(info, matter)}
    bystander = info.context.who.member in before.access.bystanders
    open_to_all = before.access.case_class is CaseClass.C0 and not bystander
    return [
        Resolution(state=each, before=before)
        for each in before.docket.resolutions
        if each.session_id in sessions or (open_to_all and each.published_at is not None)
    ]


def items_of(info: Info, matter: Matter) -> list[ActionItem]:
    """The items that the caller knows of: all, for who works on the matter; else her own."""
    before = _before(matter)
    if before is None:
        return []
    who, by_id = info.context.who, {each.id: each for each in before.people.items}
    everything = knows_all(who, before)
    pairs = [(each, by_id[each.id]) for each in before.docket.items if each.id in by_id]
    return [
        ActionItem(state=state, before=before, people=people)
        for state, people in pairs
        if everything or (not people.over and knows_of(who, before, [people.assignee]))
    ]


def _before(matter: Matter) -> Before | None:
    if matter.docket is None or matter.people is None or matter.access is None:
        return None
    return Before(matter.case, matter.custody, matter.access, matter.docket, matter.people)
