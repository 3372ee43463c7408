"""What others' facts do to a docket (design 5): pure, for every fact in every state; none is refused."""

from datetime import datetime

from services.contracts.council import CloseReason, SessionStage
from services.contracts.events.deliberation import DocketClosed, DocketEvent, DocketOpened, SessionCancelled
from services.contracts.states import CaseState
from services.deliberation.rules import item as items_rules
from services.deliberation.rules import reminders
from services.deliberation.rules import session as session_rules
from services.deliberation.rules.docket import Docket, Known, Moved, moved


def over(docket: Docket, now: datetime) -> Moved:
    """The matter ended (withdrawn, closed, merged, turned down) or was solved: open sessions are called off and open items cancelled, a
    fact each, so that everybody who waits for them is told. A council that was called off has settled nothing. Nothing open: nothing
    happens."""
    events: list[DocketEvent] = []
    for session in docket.sessions:
        if not session.stage.over:
            changed = session.model_copy(
                update={"stage": SessionStage.CANCELLED, "closed_at": now, "reason": CloseReason.MATTER_OVER}
            )
            docket = docket.with_session(changed)
            events.append(SessionCancelled(at=now, docket=docket.public(), session_id=session.id))
    open_items = tuple(each for each in docket.items if not each.stage.over)
    after, cancelled = items_rules.cancel(docket, now, open_items)
    return after, (*events, *cancelled)


def begun_anew(docket: Docket, case: CaseState, now: datetime) -> Moved:
    """Reopened: what was resolved before says no longer where the matter stands, and two sessions may fail again. Or heard of again after it
    was sealed: its class was lowered."""
    if case.reopens <= docket.reopens and not docket.closed:
        return docket, ()
    after = docket.after(
        reopens=max(case.reopens, docket.reopens),
        closed=False,
        past_sessions=len(docket.sessions),
        past_resolutions=len(docket.resolutions),
    )
    return moved(after, now, DocketOpened)


def left(docket: Docket, now: datetime) -> Moved:
    """The matter was sealed: the council has never heard of it. Sessions, resolutions and items go; their words stay where they are,
    and nobody finds them."""
    if docket.closed:
        return docket, ()
    bare = Docket(case_id=docket.case_id, version=docket.version, region=docket.region, reopens=docket.reopens)
    return moved(bare.after(closed=True), now, DocketClosed)


def overdue(docket: Docket, known: Known) -> Moved:
    """What has waited too long: invitations and items for an answer, items for being done, sessions and resolutions for going on. While the
    matter rests nobody is reminded of anything; what a person may read of a task still ends."""
    if known.rests:
        return items_rules.lapse(docket, known.now)
    told: tuple[DocketEvent, ...] = ()
    for rule in (session_rules.unanswered, reminders.unattended, items_rules.unanswered, items_rules.lapse):
        docket, events = rule(docket, known.now)
        told += events
    docket, events = reminders.still_blocked(docket, known)
    return docket, told + events


def next_look(docket: Docket, *, rests: bool = False) -> datetime | None:
    """When the first of what is waited for is overdue; None: nothing is."""
    if rests:
        return min((each.lapses_at for each in docket.items if each.lapses_at is not None), default=None)
    live = [session for session in docket.sessions if not session.stage.over]
    invitations = [each.answer_by for session in live for each in session.seats]
    silent = [session.remind_at for session in live]
    stuck = [each.remind_at for each in reminders.blocked(docket)]
    items = [at for each in docket.items for at in (each.answer_by, each.lapses_at)]
    return min((at for at in (*invitations, *silent, *stuck, *items) if at is not None), default=None)
