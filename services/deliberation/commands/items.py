"""Commands on action items: load, decide, save; what is to be done and what came of it stay here."""

from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts.commands import resolutions as asked
from services.contracts.commands.base import Answer
from services.contracts.commands.resolutions import MAX_SPEECH
from services.contracts.texts import text
from services.deliberation.commands.matter import before, by, docket_before, known_address, new_id
from services.deliberation.commands.sessions import required
from services.deliberation.rules import item as rules
from services.deliberation.rules.item import NewItem
from services.deliberation.store import keep_photos, save, write, write_again


async def new_item(tx: Transaction, task: asked.Task) -> NewItem:
    """A task as the rules know it: without its words. Raises Refused MALFORMED, TEXT_MISSING, TEXT_TOO_LONG, UNKNOWN_NODE."""
    text(task.text, "text", MAX_SPEECH, required=True)
    assignee = await known_address(tx, task.member, task.node, "task.member")
    again = task.recurring
    return NewItem(
        id=new_id(tx, "i"),
        assignee=assignee,
        due_at=task.due_at,
        mandatory=task.mandatory,
        every_days=again.every_days if again else 0,
        times=again.times if again else 1,
    )


async def keep_task(tx: Transaction, case_id: str, item_id: str, task: asked.Task, member: str) -> None:
    """What is to be done, in words."""
    await write(tx, case_id, item_id, "task", task.text, member)


async def assign(tx: Transaction, acting: Acting, command: asked.AssignItem) -> Answer:
    """Somebody gets something to do."""
    docket, known = await before(tx, command)
    new = await new_item(tx, command.task)
    answer = await save(tx, rules.assign(docket, known, by(acting), new, command.resolution_id))
    await keep_task(tx, command.case_id, new.id, command.task, acting.member)
    return answer


async def accept(tx: Transaction, acting: Acting, command: asked.AcceptItem) -> Answer:
    """She does it."""
    docket, known = await docket_before(tx, command)
    return await save(tx, rules.accept(docket, known, command.item_id, acting.member))


async def decline(tx: Transaction, acting: Acting, command: asked.DeclineItem) -> Answer:
    """She does not."""
    docket, known = await docket_before(tx, command)
    reason = required(command.reason)
    answer = await save(tx, rules.decline(docket, known, command.item_id))
    await write(tx, command.case_id, command.item_id, "reason", reason, acting.member)
    return answer


async def progress(tx: Transaction, acting: Acting, command: asked.ProgressItem) -> Answer:
    """How far it is."""
    docket, known = await docket_before(tx, command)
    note = text(command.note, "note", MAX_SPEECH, required=True)
    answer = await save(tx, rules.progress(docket, known, command.item_id, acting.member))
    await write(tx, command.case_id, command.item_id, "note", note, acting.member)
    await keep_photos(tx, command.case_id, command.item_id, command.photos, acting.member)
    return answer


async def finish(tx: Transaction, acting: Acting, command: asked.FinishItem) -> Answer:
    """Done, with evidence."""
    docket, known = await docket_before(tx, command)
    evidence = text(command.evidence, "evidence", MAX_SPEECH)
    shown = bool(evidence or command.photos)
    answer = await save(tx, rules.finish(docket, known, command.item_id, acting.member, evidence=shown))
    await write(tx, command.case_id, command.item_id, "evidence", evidence, acting.member)
    await keep_photos(tx, command.case_id, command.item_id, command.photos, acting.member)
    return answer


async def verify(tx: Transaction, acting: Acting, command: asked.VerifyItem) -> Answer:
    """Somebody else says so too; of a recurring item the words come again with it."""
    docket, known = await docket_before(tx, command)
    next_id = new_id(tx, "i")
    answer = await save(tx, rules.verify(docket, known, by(acting), command.item_id, next_id))
    await write_again(tx, command.case_id, command.item_id, next_id)
    return answer


async def rework(tx: Transaction, acting: Acting, command: asked.ReworkItem) -> Answer:
    """Not done after all."""
    docket, known = await docket_before(tx, command)
    reason = required(command.reason)
    answer = await save(tx, rules.rework(docket, known, by(acting), command.item_id))
    await write(tx, command.case_id, command.item_id, "reason", reason, acting.member)
    return answer


async def waive(tx: Transaction, acting: Acting, command: asked.WaiveItem) -> Answer:
    """Let go."""
    docket, known = await docket_before(tx, command)
    reason = required(command.reason)
    answer = await save(tx, rules.waive(docket, known, by(acting), command.item_id))
    await write(tx, command.case_id, command.item_id, "reason", reason, acting.member)
    return answer


async def reassign(tx: Transaction, acting: Acting, command: asked.ReassignItem) -> Answer:
    """Somebody else has it."""
    docket, known = await docket_before(tx, command)
    assignee = await known_address(tx, command.member, command.node, "member")
    return await save(tx, rules.reassign(docket, known, by(acting), command.item_id, assignee, command.due_at))
