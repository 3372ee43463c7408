"""Commands on sessions: load, decide, save; what is said stays here."""

from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.commands import deliberation as asked
from services.contracts.commands.base import Answer
from services.contracts.commands.resolutions import MAX_MINUTES, MAX_SPEECH
from services.contracts.council import InviteeKind
from services.contracts.disclosure import check_signed
from services.contracts.organisation import DEPARTMENT_ROLES, Node, Role, council_of, federation_of
from services.contracts.refusals import Code, Refused
from services.contracts.texts import text
from services.contracts.wrong import Wrong, malformed
from services.deliberation.commands.matter import (
    before,
    by,
    departments_of,
    docket_before,
    listed_in,
    new_id,
    one_address,
    speaks_as,
)
from services.deliberation.rules import recusal
from services.deliberation.rules import session as rules
from services.deliberation.rules.docket import Known, session_of
from services.deliberation.rules.membership import Council
from services.deliberation.rules.room import Listed, room_of
from services.deliberation.store import keep_photos, save, write

_AT_THE_COUNCIL = (Role.COUNCIL_MEMBER, Role.GROUP_OWNER, Role.EXEC_MEMBER, Role.CHAIR)
_AT_THE_FEDERATION = (Role.CHAIR, Role.EXEC_MEMBER)


async def put_to_council(tx: Transaction, acting: Acting, command: asked.PutToCouncil) -> Answer:
    """A session is proposed."""
    docket, known = await before(tx, command)
    return await save(tx, rules.propose(docket, known, by(acting), new_id(tx, "s")))


async def schedule(tx: Transaction, acting: Acting, command: asked.ScheduleSession) -> Answer:
    """A session has a time."""
    docket, known = await before(tx, command)
    who = by(acting)
    listed = await _members(tx, known, who.council)
    fresh = new_id(tx, "s")
    return await save(
        tx, rules.schedule(docket, known, who, command.session_id, fresh, command.at, command.mode, listed)
    )


async def open_session(tx: Transaction, acting: Acting, command: asked.OpenSession) -> Answer:
    """A session sits."""
    docket, known = await before(tx, command)
    who = by(acting)
    listed = await _members(tx, known, who.council)
    fresh = new_id(tx, "s")
    return await save(tx, rules.open_session(docket, known, who, command.session_id, fresh, command.mode, listed))


async def invite(tx: Transaction, acting: Acting, command: asked.Invite) -> Answer:
    """One more on the list; a department is told what intake's package says, and no more."""
    docket, known = await docket_before(tx, command)
    address = one_address(command.member, command.department, "member")
    if (command.kind is InviteeKind.DEPARTMENT) != (command.department is not None):
        raise malformed("kind", Wrong.KIND_OF_DEPARTMENT)
    package = command.package
    if command.department is not None:
        if package is None or package.department != command.department:
            raise Refused(Code.PACKAGE_NOT_SIGNED)
        check_signed(tx.room.secret, command.case_id, package)
    answer = await save(tx, rules.invite(docket, known, by(acting), command.session_id, address, command.kind))
    if package is not None and command.department is not None:
        for line in package.lines:
            value = f"{line.field.value}\n{line.text}"
            await write(tx, command.case_id, command.session_id, "package", value, acting.member, command.department)
    return answer


async def answer_invitation(tx: Transaction, acting: Acting, command: asked.AnswerInvitation) -> Answer:
    """Accepted, declined, or somebody else comes: for a department, one of its own."""
    docket, known = await docket_before(tx, command)
    address = speaks_as(acting, docket, known, command)
    if command.substitute is not None and address != acting.member:
        department = await tx.known(topics.INTAKE_ROSTER, Node, address)
        if department is None or not any(
            command.substitute in department.holding(role, tx.now) for role in DEPARTMENT_ROLES
        ):
            raise malformed("substitute", Wrong.NOT_OF_THE_DEPARTMENT)
    return await save(tx, rules.answer(docket, known, command.session_id, address, command.answer, command.substitute))


async def speak(tx: Transaction, acting: Acting, command: asked.Speak) -> Answer:
    """What she says is kept as the session's minutes."""
    docket, known = await docket_before(tx, command)
    said = text(command.text, "text", MAX_SPEECH, required=True)
    address = speaks_as(acting, docket, known, command)
    answer = await save(tx, rules.speak(docket, known, command.session_id, acting.member, address))
    department = address if address != acting.member else ""
    await write(tx, command.case_id, command.session_id, "speech", said, acting.member, department)
    await keep_photos(tx, command.case_id, command.session_id, command.photos, acting.member)
    return answer


async def recuse(tx: Transaction, acting: Acting, command: asked.Recuse) -> Answer:
    """Herself, or a member whom the convenor knows to be related."""
    docket, known = await docket_before(tx, command)
    reason = required(command.reason)
    address = command.member or acting.member
    herself = address == acting.member
    if not herself and acting.grant is not None and acting.grant.role is Role.LIAISON:
        raise Refused(Code.NOT_PERMITTED, command=command.command_name())
    for_department = herself and not departments_of(acting.caller).isdisjoint(listed_in(docket, command.session_id))
    convenor = None if herself else by(acting)
    moved = recusal.recuse(docket, known, command.session_id, address, convenor, liaison=for_department)
    answer = await save(tx, moved)
    await write(tx, command.case_id, command.session_id, "recusal", reason, acting.member)
    return answer


async def lift_recusal(tx: Transaction, acting: Acting, command: asked.LiftRecusal) -> Answer:
    """She is no relative after all; why it was thought so stays on file, and why not."""
    docket, known = await docket_before(tx, command)
    reason = required(command.reason)
    answer = await save(tx, recusal.lift(docket, known, by(acting), command.session_id, command.member))
    await write(tx, command.case_id, command.session_id, "recusal", reason, acting.member)
    return answer


async def adjourn(tx: Transaction, acting: Acting, command: asked.Adjourn) -> Answer:
    """Another day."""
    docket, known = await docket_before(tx, command)
    return await save(tx, rules.adjourn(docket, known, by(acting), command.session_id, command.until))


async def cast_vote(tx: Transaction, acting: Acting, command: asked.CastVote) -> Answer:
    """A member's vote."""
    docket, known = await docket_before(tx, command)
    room_of(known, docket).check_not_withdrawn(acting.member)
    return await save(tx, rules.vote(docket, known, command.session_id, acting.member, command.vote))


async def close(tx: Transaction, acting: Acting, command: asked.CloseSession) -> Answer:
    """Without a resolution; there are minutes, or what was said."""
    docket, known = await docket_before(tx, command)
    minutes = text(command.minutes, "minutes", MAX_MINUTES)
    moved = rules.close(docket, known, by(acting), command.session_id, command.reason)
    if not minutes and not session_of(docket, command.session_id).speeches:
        raise Refused(Code.TEXT_MISSING, field="minutes")
    answer = await save(tx, moved)
    await write(tx, command.case_id, command.session_id, "minutes", minutes, acting.member)
    return answer


async def cancel(tx: Transaction, acting: Acting, command: asked.CancelSession) -> Answer:
    """Called off."""
    docket, known = await docket_before(tx, command)
    reason = required(command.reason)
    answer = await save(tx, rules.cancel(docket, known, by(acting), command.session_id))
    await write(tx, command.case_id, command.session_id, "reason", reason, acting.member)
    return answer


def required(reason: str) -> str:
    """A reason in words. Raises Refused REASON_REQUIRED, TEXT_TOO_LONG."""
    if not reason:
        raise Refused(Code.REASON_REQUIRED, field="reason")
    return text(reason, "reason", MAX_SPEECH)


async def _members(tx: Transaction, known: Known, council: str) -> list[Listed]:
    """Whom the roster names at the council and its federation, and who is a standing member. A department that is one is listed for open
    matters alone: of others it knows only what it is told (S02)."""
    region = council.removeprefix(council_of(""))
    nodes = await tx.known_many(topics.INTAKE_ROSTER, Node, [council, federation_of(region)])
    listed: list[Listed] = []
    for node_id, roles in ((council, _AT_THE_COUNCIL), (federation_of(region), _AT_THE_FEDERATION)):
        if (node := nodes.get(node_id)) is not None:
            listed += [Listed(member) for role in roles for member in node.holding(role, tx.now)]
    kept = await tx.load(Council, council)
    for standing in kept.holding(tx.now) if kept else ():
        if standing.address.startswith("m_"):
            listed.append(Listed(standing.address))
        elif known.public:
            listed.append(Listed(standing.address, InviteeKind.DEPARTMENT))
    return listed
