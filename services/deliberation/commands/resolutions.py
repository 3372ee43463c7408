"""Commands on resolutions: load, decide, save; their words stay here."""

from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts.commands import deliberation as asked
from services.contracts.commands import resolutions as resolved
from services.contracts.commands.base import Answer
from services.contracts.commands.resolutions import MAX_MINUTES, MAX_SPEECH
from services.contracts.texts import text
from services.deliberation.commands.items import keep_task, new_item
from services.deliberation.commands.matter import by, docket_before, new_id
from services.deliberation.commands.sessions import required
from services.deliberation.rules import resolution as rules
from services.deliberation.store import save, write


async def adopt(tx: Transaction, acting: Acting, command: asked.Adopt) -> Answer:
    """The session decides and closes; its items are assigned."""
    docket, known = await docket_before(tx, command)
    resolution = new_id(tx, "r")
    texts = {
        "resolution": text(command.text, "text", MAX_MINUTES, required=True),
        "arrangement": text(command.arrangement, "arrangement", MAX_SPEECH),
        "initiative": text(command.initiative, "initiative", MAX_SPEECH),
    }
    minutes = text(command.minutes, "minutes", MAX_MINUTES)
    items = [(await new_item(tx, task), task) for task in command.items]
    moved = rules.adopt(
        docket,
        known,
        by(acting),
        command.session_id,
        resolution,
        command.rule,
        [item for item, _ in items],
        arrangement=bool(texts["arrangement"]),
        initiative=bool(texts["initiative"]),
        supersedes=command.supersedes,
    )
    answer = await save(tx, moved)
    await write(tx, command.case_id, command.session_id, "minutes", minutes, acting.member)
    for field, value in texts.items():
        await write(tx, command.case_id, resolution, field, value, acting.member)
    for item, task in items:
        await keep_task(tx, command.case_id, item.id, task, acting.member)
    return answer


async def block(tx: Transaction, acting: Acting, command: resolved.BlockResolution) -> Answer:
    """It waits for something."""
    docket, known = await docket_before(tx, command)
    note = text(command.note, "note", MAX_SPEECH)
    answer = await save(tx, rules.block(docket, known, by(acting), command.resolution_id, command.reason))
    await write(tx, command.case_id, command.resolution_id, "note", note, acting.member)
    return answer


async def unblock(tx: Transaction, acting: Acting, command: resolved.UnblockResolution) -> Answer:
    """It goes on."""
    docket, known = await docket_before(tx, command)
    return await save(tx, rules.unblock(docket, known, by(acting), command.resolution_id))


async def supersede(tx: Transaction, acting: Acting, command: resolved.SupersedeResolution) -> Answer:
    """A later one stands in its place."""
    docket, known = await docket_before(tx, command)
    return await save(tx, rules.supersede(docket, known, by(acting), command.resolution_id, command.by))


async def revoke(tx: Transaction, acting: Acting, command: resolved.RevokeResolution) -> Answer:
    """It is taken back."""
    docket, known = await docket_before(tx, command)
    reason = required(command.reason)
    answer = await save(tx, rules.revoke(docket, known, by(acting), command.resolution_id, command.session_id))
    await write(tx, command.case_id, command.resolution_id, "reason", reason, acting.member)
    return answer


async def publish(tx: Transaction, acting: Acting, command: resolved.PublishResult) -> Answer:
    """Its public words may be read by whoever sees the matter."""
    docket, known = await docket_before(tx, command)
    words = text(command.text, "text", MAX_SPEECH, required=True)
    moved = rules.publish(docket, known, by(acting), command.resolution_id, command.objection_days)
    answer = await save(tx, moved)
    await write(tx, command.case_id, command.resolution_id, "published", words, acting.member)
    return answer
