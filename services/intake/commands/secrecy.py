"""Commands on who may know of a matter: its class, its circle."""

from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts.commands import matters as asked
from services.contracts.commands.base import Answer
from services.contracts.commands.intake import MAX_TEXT
from services.contracts.organisation import in_office
from services.contracts.texts import text
from services.intake.commands.loading import first_circle, matter_of, node_of, office_of, target_of
from services.intake.rules import secrecy as rules
from services.intake.rules.secrecy import Reclassed
from services.intake.store import handed_over, nodes_of, save_reclassed, save_with_access, write_content


async def raise_class(tx: Transaction, acting: Acting, command: asked.RaiseClass) -> Answer:
    """Fewer people know of it."""
    case, custody = await matter_of(tx, command)
    circle = await first_circle(tx, command.to, case.village, case.parties)
    moved = rules.raise_class(case, command.to, office_of(acting), circle, custody, tx.now)
    return await _save(tx, moved, text(command.reason, "reason", MAX_TEXT))


async def lower_class(tx: Transaction, acting: Acting, command: asked.LowerClass) -> Answer:
    """More people know of it, for a reason."""
    case, custody = await matter_of(tx, command)
    reason = text(command.reason, "reason", MAX_TEXT, required=True)
    circle = await first_circle(tx, command.to, case.village, case.parties)
    moved = rules.lower_class(case, command.to, node_of(acting), circle, custody, tx.now)
    return await _save(tx, moved, reason)


async def change_circle(tx: Transaction, acting: Acting, command: asked.ChangeCircle) -> Answer:
    """Named people handle it."""
    case, custody = await matter_of(tx, command)
    at_its_level = {target_of(case, custody).holder, node_of(acting)}
    nodes = await nodes_of(tx, [node for node in at_its_level if node])
    offices = [member for node in nodes.values() for member in in_office(node, tx.now)]
    moved = rules.change_circle(case, command.add, command.remove, node_of(acting), custody, tx.now, offices)
    return await save_with_access(tx, moved)


async def name_party(tx: Transaction, acting: Acting, command: asked.NameParty) -> Answer:
    """Somebody is barred from it. Where nobody is left to handle a private matter, the nearest who may enters, as on the first day."""
    case, custody = await matter_of(tx, command)
    named, events = rules.name_party(case, command.member, office_of(acting), acting.member, custody, tx.now)
    if not events:
        return await save_with_access(tx, (named, events))
    (after, more), _ = await handed_over(tx, named, target_of(case, custody).holder)
    return await save_with_access(tx, (after, (*events, *more)))


async def clear_party(tx: Transaction, acting: Acting, command: asked.ClearParty) -> Answer:
    """She was named by mistake. By her office she enters the circle of a private matter again, wherever that is on its way."""
    case, custody = await matter_of(tx, command)
    cleared, events = rules.clear_party(case, command.member, office_of(acting), custody, tx.now)
    (after, more), _ = await handed_over(tx, cleared, target_of(case, custody).holder, command.member)
    return await save_with_access(tx, (after, (*events, *more)))


async def _save(tx: Transaction, moved: Reclassed, reason: str) -> Answer:
    if reason:
        await write_content(tx, moved.case.case_id, f"class_{moved.case.version}", reason)
    return await save_reclassed(tx, moved)
