"""Who is reminded when nothing happens (domain 2.2, 2.3): pure. Of a session that sits in silence, of one that was not opened at its time, of a
resolution that stays blocked."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.contracts.cases import Urgency
from services.contracts.council import ResolutionStage
from services.contracts.events import deliberation as told
from services.contracts.fitting_council import before_a_council
from services.deliberation.rules.docket import Docket, Known, Moved, put
from services.deliberation.rules.parts import Resolution

SILENT_AFTER = {
    Urgency.RED: timedelta(hours=2),
    Urgency.ORANGE: timedelta(hours=8),
    Urgency.YELLOW: timedelta(days=2),
    Urgency.GREEN: timedelta(days=4),
}
"""How long a session may sit without anybody's word: of YELLOW 48 hours (domain 2.2), of the others twice what an answer is waited for."""
BEGINS_WITHIN = timedelta(hours=1)
"""How long after its time a session may begin without anybody's being reminded."""
BLOCKED_FOR = {
    Urgency.RED: timedelta(hours=4),
    Urgency.ORANGE: timedelta(days=2),
    Urgency.YELLOW: timedelta(days=9),
    Urgency.GREEN: timedelta(days=21),
}
"""How long a resolution may stay blocked: the village's window in ordinary weeks; natural days, because deliberation keeps no calendar."""


def silent_at(known: Known) -> datetime:
    """When a session in which somebody has just said something is silent for too long."""
    return known.now + SILENT_AFTER[known.case.urgency]


def blocked_until(known: Known) -> datetime:
    """When a resolution that is blocked now is blocked for too long."""
    return known.now + BLOCKED_FOR[known.case.urgency]


def unattended(docket: Docket, now: datetime) -> Moved:
    """Sessions that sit in silence or were not opened at their time: each is told of once, until somebody speaks or another time is set."""
    events: list[told.DocketEvent] = []
    for session in docket.sessions:
        if session.stage.over or session.remind_at is None or session.remind_at >= now:
            continue
        docket = docket.with_session(session.model_copy(update={"remind_at": None}))
        kind = told.SessionSilent if session.stage.sitting else told.SessionNotOpened
        events.append(kind(at=now, docket=docket.public(), session_id=session.id))
    return docket, tuple(events)


def still_blocked(docket: Docket, known: Known) -> Moved:
    """Resolutions that are blocked for too long: each is told of once a window, as long as a council may deal with the matter."""
    events: list[told.DocketEvent] = []
    if not before_a_council(known.case, known.custody):
        return docket, ()
    for resolution in blocked(docket):
        if resolution.remind_at is None or resolution.remind_at >= known.now:
            continue
        changed = resolution.model_copy(update={"remind_at": blocked_until(known)})
        docket = docket.after(resolutions=put(docket.resolutions, changed))
        event = told.ResolutionStillBlocked(at=known.now, docket=docket.public(), resolution_id=resolution.id)
        events.append(event)
    return docket, tuple(events)


def blocked(docket: Docket) -> Iterator[Resolution]:
    """What is blocked of that which says where the matter stands."""
    standing = docket.resolutions[docket.past_resolutions :]
    return (each for each in standing if each.stage is ResolutionStage.BLOCKED)
