"""A matter becomes private, or is sealed, while a council deals with it (domain 1.4): who may deal with it no longer is let go, and it is
told. Pure."""

from datetime import datetime

from services.contracts.events import deliberation as told
from services.contracts.events.council import PeopleChanged
from services.deliberation.rules.docket import Docket, Known, Moved
from services.deliberation.rules.room import room_of


def restricted(docket: Docket, known: Known) -> Moved:
    """Whoever may be in the room no longer counts as one who does not come; her items need somebody else. Nothing of it twice. If the
    class is lowered again she answers anew, or is invited."""
    if not known.private:
        return docket, ()
    room, events = room_of(known, docket), list[told.DocketEvent]()
    for session in docket.sessions:
        gone = [n for n, seat in enumerate(session.seats) if seat.takes_part and not room.opens_to(seat)]
        if session.stage.over or (session.restricted and not gone):
            continue
        for place in gone:
            session = session.with_seat(place, accepted=False, declined=True, answer_by=None)
        docket = docket.with_session(session.model_copy(update={"restricted": True}))
        event = told.SessionRestricted(at=known.now, docket=docket.public(), session_id=session.id, seats=tuple(gone))
        events.append(event)
    for item in docket.items:
        if item.over or room.leaves(item):
            continue
        docket = docket.with_item(item.model_copy(update={"lapsed": True, "answer_by": None}))
        events.append(told.ItemWithdrawn(at=known.now, docket=docket.public(), item_id=item.id))
    return docket, tuple(events)


def let_go(docket: Docket, now: datetime) -> PeopleChanged | None:
    """The matter was sealed: everybody in its sessions, and who has an item. Said beside the docket, whose facts are kept for ever and would
    say what became of it."""
    seats = [seat for session in docket.sessions if not session.stage.over for seat in session.seats]
    left = tuple(dict.fromkeys(seat.address for seat in seats if seat.takes_part))
    relieved = tuple(dict.fromkeys(item.assignee for item in docket.items if not item.over))
    return PeopleChanged(at=now, people=docket.people(), left=left, relieved=relieved) if left or relieved else None
