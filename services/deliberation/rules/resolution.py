"""How a session resolves, and what becomes of a resolution (domain 2.2, 2.3): pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.contracts.cases import CaseClass, Urgency
from services.contracts.council import (
    BlockReason,
    DecisionRule,
    InviteeKind,
    ResolutionStage,
    SessionStage,
    Vote,
)
from services.contracts.events import deliberation as told
from services.contracts.fitting_council import before_a_council, fitting_resolution
from services.contracts.ids import ResolutionId, SessionId
from services.contracts.refusals import Code, Refused
from services.contracts.wrong import Wrong
from services.deliberation.rules import item as items_rules
from services.deliberation.rules.convening import By, is_counted, sitting
from services.deliberation.rules.docket import (
    Docket,
    Known,
    Moved,
    check_fits,
    moved,
    put,
    resolution_of,
    session_of,
    state_of,
)
from services.deliberation.rules.item import NewItem
from services.deliberation.rules.parts import Resolution, Session
from services.deliberation.rules.reminders import blocked_until
from services.deliberation.rules.room import Room, room_of

QUORUM = 3
"""People who must respond, the convenor among them (domain 2.2)."""


def adopt(
    docket: Docket,
    known: Known,
    by: By,
    session_id: SessionId,
    resolution_id: ResolutionId,
    rule: DecisionRule,
    items: Sequence[NewItem],
    *,
    arrangement: bool = False,
    initiative: bool = False,
    supersedes: ResolutionId | None = None,
) -> Moved:
    """The session decides, closes, and its items are assigned. Raises Refused."""
    session = sitting("Adopt", docket, known, by, session_id)
    if supersedes is not None:
        _fitting("SupersedeResolution", docket, known, supersedes)
    _check_decided(session, room_of(known, docket), known, by, rule)
    if not (items or arrangement or initiative):
        raise Refused(Code.NOTHING_RESOLVED)
    items_rules.check_room(docket, len(items))
    made = [items_rules.make(known, by, new, resolution_id) for new in items]
    closed = session.model_copy(
        update={
            "stage": SessionStage.CLOSED_RESOLVED,
            "closed_at": known.now,
            "decided_by": rule,
            "resolution_id": resolution_id,
            "counted": is_counted(session, rule),
        }
    )
    resolution = Resolution(
        id=resolution_id,
        session_id=session_id,
        stage=ResolutionStage.IN_EXECUTION,
        adopted_at=known.now,
        decided_by=rule,
        arrangement=arrangement,
        initiative=initiative,
    )
    adopted, events = moved(
        docket.after(
            sessions=put(docket.sessions, closed),
            resolutions=(*docket.resolutions, resolution),
            items=(*docket.items, *made),
            settled_at=known.now,
        ),
        known.now,
        told.ResolutionAdopted,
        session_id=session_id,
        by=by.node,
        resolution_id=resolution_id,
        decided_by=rule,
        items=tuple(each.id for each in made),
    )
    if supersedes is None:
        return adopted, events
    after, more = _superseded(adopted, known, by, supersedes, resolution_id)
    return after, events + more


def block(docket: Docket, known: Known, by: By, resolution_id: ResolutionId, reason: BlockReason) -> Moved:
    """It waits for funds, authority or consent."""
    resolution = _fitting("BlockResolution", docket, known, resolution_id)
    until = blocked_until(known)
    after = _with(docket, resolution, stage=ResolutionStage.BLOCKED, block=reason, remind_at=until)
    return moved(after, known.now, told.ResolutionBlocked, by=by.node, resolution_id=resolution_id, reason=reason)


def unblock(docket: Docket, known: Known, by: By, resolution_id: ResolutionId) -> Moved:
    """It goes on, and stands where its items do."""
    resolution = _fitting("UnblockResolution", docket, known, resolution_id)
    after = _with(docket, resolution, stage=ResolutionStage.IN_EXECUTION, block=None)
    return moved(after, known.now, told.ResolutionUnblocked, by=by.node, resolution_id=resolution_id)


def supersede(docket: Docket, known: Known, by: By, resolution_id: ResolutionId, later: ResolutionId) -> Moved:
    """A later resolution stands in its place; what was still to be done for it is not."""
    resolution = _fitting("SupersedeResolution", docket, known, resolution_id)
    room_of(known, docket).check_not_withdrawn(by.member)
    newer = resolution_of(docket, later)
    places = [each.id for each in docket.resolutions]
    if not newer.stage.stands or places.index(later) <= places.index(resolution.id):
        raise Refused(Code.NOT_SO, reason=Wrong.NO_LATER_RESOLUTION.saying())
    return _superseded(docket, known, by, resolution_id, later)


def revoke(docket: Docket, known: Known, by: By, resolution_id: ResolutionId, session_id: SessionId | None) -> Moved:
    """Taken back by a level above, or by a new session of the council."""
    resolution = _fitting("RevokeResolution", docket, known, resolution_id)
    room_of(known, docket).check_not_withdrawn(by.member)
    adopted_in = session_of(docket, resolution.session_id)
    if by.council == adopted_in.council:
        session = session_of(docket, session_id) if session_id else None
        if session is None or not session.stage.sitting or session.council != by.council:
            raise Refused(Code.NEW_SESSION_REQUIRED)
    after = _with(docket, resolution, stage=ResolutionStage.REVOKED, revoked_by=by.node)
    revoked, events = moved(after, known.now, told.ResolutionRevoked, by=by.node, resolution_id=resolution_id)
    return _without_items(revoked, known.now, resolution_id, events)


def publish(docket: Docket, known: Known, by: By, resolution_id: ResolutionId, days: int) -> Moved:
    """Made public, of an open matter alone; objections are heard for some days."""
    if known.case.case_class is not CaseClass.C0:
        raise Refused(Code.ONLY_OPEN)
    if not docket.resolutions:
        check_fits("PublishResult", (), state_of(known, docket), known, docket)
    resolution = resolution_of(docket, resolution_id)
    fits = fitting_resolution(known.case, known.custody, resolution)
    check_fits("PublishResult", fits, resolution.stage.value, known, docket)
    until = known.now + timedelta(days=days)
    after = _with(docket, resolution, published_at=known.now, objections_until=until)
    return moved(after, known.now, told.ResultPublished, by=by.node, resolution_id=resolution_id)


def _check_decided(session: Session, room: Room, known: Known, by: By, rule: DecisionRule) -> None:
    """Whether the session has decided. Recused members are not counted; departments, experts and helpers have a voice and no vote."""
    if rule is DecisionRule.CHAIR_DECIDES:
        if not by.chair or known.case.urgency not in {Urgency.RED, Urgency.ORANGE}:
            raise Refused(Code.CHAIR_ONLY_WHEN_URGENT)
        return
    members = [each for each in session.seats if each.votes and room.keeps(each)]
    votes = [each.vote for each in members if each.vote is not None]
    responded = len(votes) if rule is DecisionRule.VOTE else sum(each.responded for each in members)
    present = responded + _experts(session, room)
    needed = max(QUORUM, (len(members) + 1) // 2)
    if present < QUORUM or 2 * responded < len(members):
        raise Refused(Code.NO_QUORUM, needed=needed, found=present)
    against, in_favour = votes.count(Vote.AGAINST), votes.count(Vote.FOR)
    if rule is DecisionRule.CONSENSUS and against:
        raise Refused(Code.NO_CONSENSUS, count=against)
    # Of a tie the convenor decides, and she does so by adopting; what nobody wants is not adopted.
    if rule is DecisionRule.VOTE and in_favour < max(against, 1):
        raise Refused(Code.NOT_CARRIED, votes_for=in_favour, against=against)


def _experts(session: Session, room: Room) -> int:
    """A circle is small (domain 1.4): in a restricted session the counsellors who responded help to make three people."""
    experts = [each for each in session.seats if each.kind is InviteeKind.EXPERT and room.keeps(each)]
    return sum(each.responded for each in experts) if room.private else 0


def _superseded(docket: Docket, known: Known, by: By, resolution_id: ResolutionId, later: ResolutionId) -> Moved:
    resolution = resolution_of(docket, resolution_id)
    after = _with(docket, resolution, stage=ResolutionStage.SUPERSEDED, superseded_by=later)
    superseded, events = moved(
        after, known.now, told.ResolutionSuperseded, by=by.node, resolution_id=resolution_id, superseded_by=later
    )
    return _without_items(superseded, known.now, resolution_id, events)


def _without_items(
    docket: Docket, now: datetime, resolution_id: ResolutionId, events: tuple[told.DocketEvent, ...]
) -> Moved:
    its = tuple(each for each in docket.items if each.resolution_id == resolution_id and not each.stage.over)
    after, more = items_rules.cancel(docket, now, its)
    return after, events + more


def _fitting(command: str, docket: Docket, known: Known, resolution_id: ResolutionId) -> Resolution:
    if not before_a_council(known.case, known.custody):
        check_fits(command, (), state_of(known, docket), known, docket)
    resolution = resolution_of(docket, resolution_id)
    check_fits(
        command, fitting_resolution(known.case, known.custody, resolution), resolution.stage.value, known, docket
    )
    return resolution


def _with(docket: Docket, resolution: Resolution, **changes: object) -> Docket:
    return docket.after(resolutions=put(docket.resolutions, resolution.model_copy(update=changes)))
