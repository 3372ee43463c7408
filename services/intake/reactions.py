"""What intake does when it hears of others. It keeps the newest state of custody and docket (guards read it) and does no more, but for
what is intake's: a call-back or a question that lapsed closes the case, an action that found violence makes it urgent, and the levels that
a C2 matter comes to join its circle."""

from services.chassis.transaction import Transaction
from services.contracts.cases import CaseClass, Urgency
from services.contracts.events.escalation import CallBackLapsed, CustodyEvent, InformationLapsed, LevelActed
from services.contracts.regions import Level
from services.intake.rules import course, secrecy, straight_way
from services.intake.rules.case import Case
from services.intake.rules.roster import KeptNode, heads, in_charge
from services.intake.store import save, save_with_access


async def follow_custody(tx: Transaction, event: CustodyEvent) -> None:
    """A lapse in any state but the one that waits is an echo. Of a matter that has not left its place nobody new is to be named."""
    match event:
        case CallBackLapsed():
            case = await tx.load(Case, event.key)
            if case is not None:
                await save(tx, straight_way.lapse(case, event.custody, tx.now))
        case InformationLapsed():
            case = await tx.load(Case, event.key)
            if case is not None:
                await save(tx, course.lapse_of_information(case, event.custody, tx.now))
        case LevelActed(raises=Urgency() as to):
            case = await tx.load(Case, event.key)
            if case is not None:
                await save(tx, course.raise_urgency(case, to, event.by, event.custody, tx.now))
        case _ if any(entry.level is not Level.VILLAGE for entry in event.custody.entries):
            await _join_levels(tx, event)
        case _:
            return


async def _join_levels(tx: Transaction, event: CustodyEvent) -> None:
    """The chairs and officers in office where the matter has come to; of C3 above the county the heads alone."""
    case = await tx.load(Case, event.key)
    if case is None:
        return
    await _joins(tx, case, event)
    if not case.circled:
        await _join_reports(tx, case, event)


async def _join_reports(tx: Transaction, master: Case, event: CustodyEvent) -> None:
    """Where a matter has no circle, those of its reports that stay private have people of their own wherever it comes to."""
    for joined in master.joined:
        report = await tx.load(Case, joined.case_id)
        assert report is not None, "what was joined is there"
        await _joins(tx, report, event)
        if not report.circled:
            await _join_reports(tx, report, event)


async def _joins(tx: Transaction, case: Case, event: CustodyEvent) -> None:
    if not case.case_class.private:
        return
    sealed = case.case_class is CaseClass.C3
    nodes = [await tx.load(KeptNode, entry.node) for entry in event.custody.entries]
    offices = [
        heads(node, tx.now, (*case.parties, *case.dismissed)) if sealed else in_charge(node, tx.now)
        for node in nodes
        if node is not None and (not sealed or len(node.region) < Level.COUNTY.width)
    ]
    await save_with_access(tx, secrecy.join_levels(case, offices, tx.now))
