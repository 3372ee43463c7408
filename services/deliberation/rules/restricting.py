"""A matter becomes private while a council deals with it (domain 1.4): who may deal with it no longer is let go, and it is told. Pure."""

from services.contracts.events import deliberation as told
from services.deliberation.rules.docket import Docket, Known, Moved
from services.deliberation.rules.seats import may_have, may_take_part


def restricted(docket: Docket, known: Known) -> Moved:
    """Whoever may be in the room no longer counts as one who does not come; her items need somebody else. Nothing of it twice. If the
    class is lowered again she answers anew, or is invited."""
    if not known.private:
        return docket, ()
    events: list[told.DocketEvent] = []
    for session in docket.sessions:
        gone = [n for n, seat in enumerate(session.seats) if seat.takes_part and not may_take_part(known, seat)]
        if session.stage.over or (session.restricted and not gone):
            continue
        for place in gone:
            session = session.with_seat(place, accepted=False, declined=True, answer_by=None)
        docket = docket.with_session(session.model_copy(update={"restricted": True}))
        event = told.SessionRestricted(at=known.now, docket=docket.public(), session_id=session.id, seats=tuple(gone))
        events.append(event)
    for item in docket.items:
        if item.over or may_have(known, item):
            continue
        docket = docket.with_item(item.model_copy(update={"lapsed": True, "answer_by": None}))
        events.append(told.ItemWithdrawn(at=known.now, docket=docket.public(), item_id=item.id))
    return docket, tuple(events)
