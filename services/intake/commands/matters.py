"""Commands on one matter, on its straight way from report to closing: load, decide, save."""

from services.chassis import photos
from services.chassis.ids import case_id
from services.chassis.service import Acting
from services.chassis.transaction import Transaction, worker_tag
from services.contracts.allowed import is_liaison
from services.contracts.callers import Target
from services.contracts.cases import CaseClass, FeedbackMethod
from services.contracts.commands import intake as asked
from services.contracts.commands.base import Answer
from services.contracts.organisation import NodeKind, Role
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level, at_level
from services.contracts.texts import text
from services.contracts.wrong import Wrong, malformed
from services.intake.commands.loading import first_circle, matter_of, node_of
from services.intake.rules import pii
from services.intake.rules import straight_way as rules
from services.intake.rules.phones import MalformedPhone, normalise
from services.intake.rules.roster import KeptNode
from services.intake.store import custodies_of, next_number, save, tell_access, write_content
from services.intake.tables import PHOTOS


async def report_target(tx: Transaction, command: asked.ReportMatter) -> Target:
    """The group that it comes from. Raises Refused UNKNOWN_NODE."""
    group = await tx.load(KeptNode, command.group)
    if group is None or group.kind is not NodeKind.GROUP:
        raise Refused(Code.UNKNOWN_NODE, node=command.group)
    return Target(region=group.region, group=group.id)


async def report(tx: Transaction, acting: Acting, command: asked.ReportMatter) -> Answer:
    """Number it, open it, keep its words."""
    group = await tx.load(KeptNode, command.group)
    assert group is not None, "report_target has found it"
    village, city = group.region, at_level(group.region, Level.CITY)
    texts = _words(command)
    circle = await first_circle(tx, command.sub_category.default.case_class, village)
    case, events = rules.submit(
        case_id(city, tx.now),
        await next_number(tx, village),
        village=village,
        group=group.id,
        sub=command.sub_category,
        relation=command.relation,
        urgency=command.urgency,
        reporters=(acting.member,),
        circle=circle,
        happened_on=command.happened_on,
        now=tx.now,
        answer_by=_answer_by(acting, command, told="told_by" in texts),
        may_contact=command.may_contact,
    )
    await tx.save(case, *events)
    await tell_access(tx, case)
    for field, value in texts.items():
        await write_content(tx, case.case_id, field, value)
    await photos.take(tx, PHOTOS, acting.member, command.attachments, case.case_id, "report")
    return Answer(id=case.case_id, version=case.version)


async def acknowledge(tx: Transaction, acting: Acting, command: asked.Acknowledge) -> Answer:
    """Say that it has been seen."""
    case, custody = await matter_of(tx, command)
    return await save(tx, rules.acknowledge(case, node_of(acting), custody, tx.now))


async def accept(tx: Transaction, acting: Acting, command: asked.AcceptMatter) -> Answer:
    """Take it in hand."""
    case, custody = await matter_of(tx, command)
    summary = pii.mask(text(command.public_summary, "publicSummary", asked.MAX_TEXT))
    if summary and case.case_class is not CaseClass.C0:
        raise malformed("publicSummary", Wrong.SUMMARY_OF_C0)
    group = await tx.load(KeptNode, case.group)
    as_owner = acting.grant is not None and acting.grant.role is Role.GROUP_OWNER
    moved = rules.accept(
        case,
        node_of(acting),
        custody,
        tx.now,
        as_owner=as_owner,
        delegated=bool(group and group.delegated_to_owner),
        summarised=bool(summary),
    )
    if summary:
        await write_content(tx, case.case_id, "summary", summary)
    return await save(tx, moved)


async def give_feedback(tx: Transaction, acting: Acting, command: asked.GiveFeedback) -> Answer:
    """The answer, kept for the reporter; what the group may read becomes the new summary."""
    case, custody = await matter_of(tx, command)
    words = text(command.text, "text", asked.MAX_TEXT, required=True)
    to_group = pii.mask(text(command.to_group, "toGroup", asked.MAX_TEXT))
    if to_group and case.case_class is not CaseClass.C0:
        raise malformed("toGroup", Wrong.GROUP_TOLD_OF_C0)
    moved = rules.give_feedback(case, node_of(acting), command.method, custody, tx.now, to_group=bool(to_group))
    await write_content(tx, case.case_id, "feedback", words)
    if to_group:
        await write_content(tx, case.case_id, "summary", to_group)
    return await save(tx, moved)


async def rate(tx: Transaction, acting: Acting, command: asked.RateMatter) -> Answer:
    """The reporter's word on how it went."""
    case, custody = await matter_of(tx, command)
    moved = rules.rate(case, acting.member, command.score, command.solved, custody, tx.now)
    if remark := text(command.remark, "remark", asked.MAX_TEXT):
        await write_content(tx, case.case_id, "remark", remark)
    return await save(tx, moved)


async def call_back(tx: Transaction, acting: Acting, command: asked.CallBack) -> Answer:
    """Asking the reporter; of C2 and C3 the group owner never does."""
    case, custody = await matter_of(tx, command)
    before = await custodies_of(tx, case.reports)
    moved = rules.call_back(
        case,
        node_of(acting),
        worker_tag(tx.room, case.case_id, acting.member),
        liaison=is_liaison(acting.caller),
        worked=any(worker_tag(tx.room, each, acting.member) in held.workers for each, held in before.items()),
        reached=command.reached,
        score=command.score,
        solved=command.solved,
        custody=custody,
        now=tx.now,
    )
    if remark := text(command.remark, "remark", asked.MAX_TEXT):
        await write_content(tx, case.case_id, "call_back", remark)
    return await save(tx, moved)


async def close(tx: Transaction, acting: Acting, command: asked.CloseMatter) -> Answer:
    """Close by hand."""
    case, custody = await matter_of(tx, command)
    moved = rules.close(case, command.outcome, custody, tx.now)
    if reason := text(command.reason, "reason", asked.MAX_TEXT):
        await write_content(tx, case.case_id, "closing", reason)
    return await save(tx, moved)


def _answer_by(acting: Acting, command: asked.ReportMatter, *, told: bool) -> FeedbackMethod | None:
    """Written down by an office holder for somebody who told it: she who told it does not read an inbox (S23)."""
    office = acting.grant is not None and acting.grant.role is not Role.RESIDENT
    above = acting.grant is not None and acting.grant.level is not Level.VILLAGE
    if not above and not (office and told):
        return None
    return FeedbackMethod.VISIT if command.answer_by in {None, FeedbackMethod.APP} else command.answer_by


def _words(command: asked.ReportMatter) -> dict[str, str]:
    """The texts of a report, checked. Raises Refused."""
    texts = {
        "narrative": text(command.narrative, "narrative", asked.MAX_NARRATIVE, required=True),
        "place": text(command.place, "place", 200),
        "told_by": text(command.told_by, "toldBy", 100),
        "reporter_name": text(command.reporter.name, "reporter.name", 100),
        "subject_name": text(command.subject_person.name, "subjectPerson.name", 100),
    }
    for field, phone in (("reporter_phone", command.reporter.phone), ("subject_phone", command.subject_person.phone)):
        if phone:
            try:
                texts[field] = normalise(phone)
            except MalformedPhone:
                raise Refused(Code.MALFORMED_PHONE, field=field) from None
    return {field: value for field, value in texts.items() if value}
