"""Commands on reports that repeat one another: both matters are locked."""

from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts.callers import Target
from services.contracts.commands import matters as asked
from services.contracts.commands.base import Answer
from services.contracts.permissions import acting_grant
from services.contracts.refusals import Code, Refused
from services.contracts.wrong import Wrong, malformed
from services.intake.commands.loading import case_of, matter_of, matter_target, node_of, target_of
from services.intake.rules import joining as rules
from services.intake.rules.case import Case, check_fits
from services.intake.store import custody_of, matter_before, save, save_opened_again, save_with_access


async def merge_target(tx: Transaction, command: asked.MergeMatter) -> Target:
    """The report; the matter that it repeats is locked with it."""
    for case_id in sorted((command.case_id, command.into)):
        await tx.load(Case, case_id)
    return await matter_target(tx, command)


async def unmerge_target(tx: Transaction, command: asked.UnmergeMatter) -> Target:
    """The report, in the hands of whoever has the matter that it was joined with."""
    if (master := await matter_before(tx, command.case_id)) is None:
        return await matter_target(tx, command)
    return target_of(await case_of(tx, command), await custody_of(tx, master))


async def merge(tx: Transaction, acting: Acting, command: asked.MergeMatter) -> Answer:
    """Join them. The other matter must be one that the caller may merge, too; else it does not exist for her."""
    if command.into == command.case_id:
        raise malformed("into", Wrong.ITSELF)
    case, custody = await matter_of(tx, command)
    master = await tx.load(Case, command.into)
    if master is None:
        raise Refused(Code.CASE_NOT_FOUND)
    masters = await custody_of(tx, master)
    target = target_of(master, masters)
    if acting_grant(acting.caller, command.command_name(), target) is None:
        raise Refused(Code.CASE_NOT_FOUND)
    assert acting.grant is not None, "the permission table lets nobody without a grant do this"
    merged, grown = rules.merge(case, master, node_of(acting), acting.grant.region, custody, masters, tx.now)
    await save(tx, merged)
    await save_with_access(tx, grown)
    return Answer(id=case.case_id, version=(await case_of(tx, command)).version)


async def unmerge(tx: Transaction, acting: Acting, command: asked.UnmergeMatter) -> Answer:
    """Take it out again."""
    case, custody = await matter_of(tx, command)
    check_fits("UnmergeMatter", case, custody)
    master = await tx.load(Case, case.merged_into) if case.merged_into else None
    assert master is not None, "a merged matter names the other"
    masters = await custody_of(tx, master)
    again, shrunk = rules.unmerge(case, master, node_of(acting), custody, masters, tx.now)
    await save_with_access(tx, shrunk)
    return await save_opened_again(tx, again)
