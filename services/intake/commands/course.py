"""Commands on a matter off its straight way: information, turning down, redirecting, withdrawing, opening again, urgency."""

from services.chassis import photos
from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts.commands import matters as asked
from services.contracts.commands.base import Answer
from services.contracts.commands.intake import MAX_TEXT
from services.contracts.organisation import Role
from services.contracts.texts import text
from services.intake.commands.loading import matter_of, node_of, office_of, target_of
from services.intake.rules import course as rules
from services.intake.store import save, save_opened_again, write_content
from services.intake.tables import PHOTOS


async def ask_for_information(tx: Transaction, acting: Acting, command: asked.AskForInformation) -> Answer:
    """The question is kept for the reporter."""
    case, custody = await matter_of(tx, command)
    words = text(command.question, "question", MAX_TEXT, required=True)
    after, events = rules.ask(case, node_of(acting), custody, tx.now)
    await write_content(tx, case.case_id, f"question_{after.asked}", words)
    return await save(tx, (after, events))


async def supply_information(tx: Transaction, acting: Acting, command: asked.SupplyInformation) -> Answer:
    """Her words beside her report."""
    case, custody = await matter_of(tx, command)
    words = text(command.answer, "answer", MAX_TEXT, required=True)
    moved = rules.supply(case, custody, tx.now)
    await write_content(tx, case.case_id, f"supplied_{case.asked}", words)
    await photos.take(tx, PHOTOS, acting.member, command.attachments, case.case_id, "report")
    return await save(tx, moved)


async def propose_rejection(tx: Transaction, acting: Acting, command: asked.ProposeRejection) -> Answer:
    """A proposal; the chair reads it."""
    case, custody = await matter_of(tx, command)
    words = text(command.route, "route", MAX_TEXT, required=True)
    moved = rules.propose_rejection(case, node_of(acting), command.reason, custody, tx.now)
    await write_content(tx, case.case_id, "proposed_route", words)
    return await save(tx, moved)


async def reject(tx: Transaction, acting: Acting, command: asked.RejectMatter) -> Answer:
    """Why, as a code; where it belongs, in words for the reporter."""
    case, custody = await matter_of(tx, command)
    words = text(command.route, "route", MAX_TEXT, required=True)
    moved = rules.reject(case, node_of(acting), command.reason, custody, tx.now)
    await write_content(tx, case.case_id, "route", words)
    return await save(tx, moved)


async def redirect(tx: Transaction, acting: Acting, command: asked.RedirectMatter) -> Answer:
    """Where it went, as a code; the receipt's reference stays here."""
    case, custody = await matter_of(tx, command)
    receipt, words = text(command.receipt, "receipt", 100), text(command.route, "route", MAX_TEXT)
    moved = rules.redirect(
        case,
        node_of(acting),
        command.to,
        custody,
        tx.now,
        handed_over=command.handed_over,
        receipted=bool(receipt),
    )
    for field, value in (("receipt", receipt), ("route", words)):
        if value:
            await write_content(tx, case.case_id, field, value)
    return await save(tx, moved)


async def withdraw(tx: Transaction, acting: Acting, command: asked.WithdrawMatter) -> Answer:
    """The reporter takes it back."""
    case, custody = await matter_of(tx, command)
    moved = rules.withdraw(case, acting.member, custody, tx.now)
    if reason := text(command.reason, "reason", MAX_TEXT):
        await write_content(tx, case.case_id, "withdrawal", reason)
    return await save(tx, moved)


async def reopen(tx: Transaction, acting: Acting, command: asked.ReopenMatter) -> Answer:
    """Open it again; her reason beside the others'."""
    case, custody = await matter_of(tx, command)
    reason = text(command.reason, "reason", MAX_TEXT, required=True)
    after, events = rules.reopen(case, office_of(acting), custody, tx.now)
    await write_content(tx, case.case_id, f"reopening_{after.reopens}", reason)
    return await save_opened_again(tx, (after, events))


async def review_rejection(tx: Transaction, acting: Acting, command: asked.ReviewRejection) -> Answer:
    """What somebody above found, and why; one that was wrong goes on where it was."""
    case, custody = await matter_of(tx, command)
    assert acting.grant is not None, "the permission table lets nobody without a grant do this"
    reason = text(command.reason, "reason", MAX_TEXT, required=True)
    after, events = rules.review_rejection(case, command.finding, acting.grant, custody, tx.now)
    await write_content(tx, case.case_id, f"review_{after.version}", reason)
    return await save_opened_again(tx, (after, events))


async def set_urgency(tx: Transaction, acting: Acting, command: asked.SetUrgency) -> Answer:
    """How fast it must go."""
    case, custody = await matter_of(tx, command)
    grant = acting.grant
    assert grant is not None, "the permission table lets nobody without a grant do this"
    holder = target_of(case, custody).holder
    after, events = rules.set_urgency(
        case,
        command.to,
        grant.public_node,
        custody,
        tx.now,
        holders_chair=grant.role in {Role.CHAIR, Role.RIGHTS_OFFICER} and grant.node == holder,
    )
    if reason := text(command.reason, "reason", MAX_TEXT):
        await write_content(tx, case.case_id, f"urgency_{after.version}", reason)
    return await save(tx, (after, events))
