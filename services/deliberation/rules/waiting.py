"""Until when something is waited for goes with the matter (domain 2.1-2.3): sooner when it has become more urgent, anew when it has rested.
Pure. Of such times nothing is public: the docket keeps its version."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.contracts.cases import Urgency
from services.contracts.council import ResolutionStage
from services.deliberation.rules.docket import Docket
from services.deliberation.rules.item import ACCEPT_WITHIN
from services.deliberation.rules.parts import Session
from services.deliberation.rules.reminders import BEGINS_WITHIN, BLOCKED_FOR, SILENT_AFTER
from services.deliberation.rules.session import ANSWER_WITHIN

Until = Callable[[datetime | None, timedelta | None], datetime | None]
"""The new time of what was waited for until then and has such a window; without a window its time stands."""


def hastened(docket: Docket, urgency: Urgency, now: datetime) -> Docket:
    """Nothing is waited for longer than it would be from now on, and never longer than it was. A session's own time stands."""

    def until(kept: datetime | None, window: timedelta | None) -> datetime | None:
        return min(kept, now + window) if kept is not None and window is not None else kept

    return _moved(docket, urgency, until, begin=None)


def awake(docket: Docket, urgency: Urgency, now: datetime) -> Docket:
    """After a rest everybody has the whole window again."""

    def until(kept: datetime | None, window: timedelta | None) -> datetime | None:
        return max(kept, now + window) if kept is not None and window is not None else kept

    return _moved(docket, urgency, until, begin=BEGINS_WITHIN)


def _moved(docket: Docket, urgency: Urgency, until: Until, begin: timedelta | None) -> Docket:

    def session_of(session: Session) -> Session:
        if session.stage.over:
            return session
        window = SILENT_AFTER[urgency] if session.stage.sitting else begin
        seats = tuple(
            each.model_copy(update={"answer_by": until(each.answer_by, ANSWER_WITHIN[urgency])})
            for each in session.seats
        )
        return session.model_copy(update={"seats": seats, "remind_at": until(session.remind_at, window)})

    changes = {
        "sessions": tuple(session_of(each) for each in docket.sessions),
        "resolutions": tuple(
            each.model_copy(update={"remind_at": until(each.remind_at, BLOCKED_FOR[urgency])})
            if each.stage is ResolutionStage.BLOCKED
            else each
            for each in docket.resolutions
        ),
        "items": tuple(
            each.model_copy(update={"answer_by": until(each.answer_by, ACCEPT_WITHIN[urgency])})
            for each in docket.items
        ),
    }
    return docket.model_copy(update=changes)
