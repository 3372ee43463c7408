"""A matter becomes less open, or is sealed, while a council deals with it, or somebody turns out to be a party (domain 1.4): who may deal with
it no longer is let go, and it is told. Pure."""

from datetime import datetime

from services.contracts.events import deliberation as told
from services.contracts.events.council import PeopleChanged
from services.deliberation.rules.docket import Docket, Known, Moved
from services.deliberation.rules.room import room_of


def restricted(docket: Docket, known: Known) -> Moved:
    """To whom the matter is not open any more is put out, as if she had declined; her items need somebody else. Nothing of it twice. If she
    may come again she is back at the next opening."""
    room, events = room_of(known, docket), list[told.DocketEvent]()
    for session in docket.sessions:
        gone = [n for n, seat in enumerate(session.seats) if seat.takes_part and not room.opens_to(seat)]
        if session.stage.over or not (gone or (known.private and not session.restricted)):
            continue
        for place in gone:
            session = session.with_seat(place, accepted=False, declined=True, put_out=True, answer_by=None)
        docket = docket.with_session(session.model_copy(update={"restricted": session.restricted or known.private}))
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
