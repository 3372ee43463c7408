"""How facts of people and of councils become rows: who may see a matter as a guest, and as a standing member. As in `apply`, upserts keep
the highest version."""

from gateway.readmodel.tables import METADATA
from services.chassis import statements
from services.chassis.transaction import Transaction
from services.contracts.council import MembershipStage
from services.contracts.events.council import CouncilEvent, PeopleChanged

PEOPLE = METADATA.tables["case_people"]
GUEST = METADATA.tables["case_guest"]
COUNCIL = METADATA.tables["council_view"]
STANDING = METADATA.tables["council_standing"]


async def on_people(tx: Transaction, event: PeopleChanged) -> None:
    """Who takes part in a matter's sessions and has its items."""
    people = event.people
    values = {
        "case_id": people.case_id,
        "people_state": event.state_json,
        "version": people.version,
    }
    done = await tx.execute(tx.room.database.upsert(PEOPLE, values, newer="version"), values)
    if done.rowcount == 0:
        return
    await tx.execute(statements.erased(GUEST.c.case_id), {"the_value": people.case_id})
    rows = [
        {"case_id": people.case_id, "address": address, "private": address in people.private_guests}
        for address in people.guests
    ]
    if rows:
        await tx.execute(tx.room.database.insert(GUEST), rows)


async def on_council(tx: Transaction, event: CouncilEvent) -> None:
    """A council's standing members; one that has not confirmed yet is none."""
    council = event.council
    values = {"node": council.node, "state": event.state_json, "version": council.version}
    done = await tx.execute(tx.room.database.upsert(COUNCIL, values, newer="version"), values)
    if done.rowcount == 0:
        return
    await tx.execute(statements.erased(STANDING.c.node), {"the_value": council.node})
    for member in council.members:
        if member.stage is MembershipStage.CONFIRMED:
            row = {"node": council.node, "address": member.address, "region": council.region}
            await tx.execute(tx.room.database.insert(STANDING), row)
