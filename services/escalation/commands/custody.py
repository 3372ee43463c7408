"""What every command on a matter begins with: the matter as far as permission goes, and the facts that a move rests on."""

from services.chassis import photos
from services.chassis.service import Acting
from services.chassis.transaction import Transaction, worker_tag
from services.contracts.callers import Target
from services.contracts.commands.base import Answer, MatterCommand
from services.contracts.events.escalation import (
    FeedbackRelayed,
    MatterReceived,
    MatterResolved,
    MatterReworked,
    ReturnedDown,
    TakenOver,
)
from services.contracts.ids import NodeId
from services.contracts.ladder import NoteKind
from services.contracts.refusals import Code, Refused
from services.contracts.targets import target_of_matter
from services.contracts.texts import text
from services.escalation.order_store import look_for_hands
from services.escalation.rules.custody import Custody, Facts, Moved
from services.escalation.store import (
    EVIDENCE,
    PROGRESS,
    access_of,
    case_of,
    facts_of,
    keep_dues,
    write_content,
)
from services.escalation.tables import PHOTOS

ELSEWHERE = (MatterReceived, TakenOver, ReturnedDown, MatterResolved, FeedbackRelayed, MatterReworked)
"""What gives a matter to another level, whether it asked for it or not."""
MAX_EVIDENCE = 2_000
"""Characters of a note of evidence, or of any other words."""


async def matter_target(tx: Transaction, command: MatterCommand) -> Target:
    """The matter as far as permission goes: from custody, and from what intake says of access. Of a matter that has not been heard
    of there is nothing to say. Once it has ended, that who held it first is told so."""
    custody = await tx.load(Custody, command.case_id)
    access = await access_of(tx, command.case_id)
    if custody is None:
        raise Refused(Code.CASE_NOT_FOUND)
    if access is None:  # told with the case, on a topic of its own: it comes
        raise Refused(Code.NOT_YET_KNOWN)
    return target_of_matter(custody.region, access, custody)


async def matter(tx: Transaction, command: MatterCommand) -> tuple[Custody, Facts]:
    """The custody, unchanged since the caller looked, and what a move of it rests on. Raises Refused STALE_VERSION, CASE_NOT_FOUND."""
    custody, case = await tx.load(Custody, command.case_id), await case_of(tx, command.case_id)
    if custody is None or case is None:
        raise Refused(Code.CASE_NOT_FOUND)
    tx.check_version(Custody, custody.case_id, command.expected_version)
    return custody, facts_of(tx, case, await access_of(tx, case.case_id))


def node_of(acting: Acting) -> NodeId:
    """As which node she acts."""
    assert acting.grant is not None, "the permission table lets nobody without a grant do this"
    return acting.grant.public_node


def tag_of(tx: Transaction, acting: Acting, custody: Custody) -> str:
    """Who did the work, as a tag (I5)."""
    return worker_tag(tx.room, custody.case_id, acting.member)


async def keep(tx: Transaction, moved: Moved, facts: Facts) -> Answer:
    """Save a move, its facts, and what time will bring. Those to whom it went may be parties, or no longer of its circle."""
    custody, events = moved
    if events:
        await tx.save(custody, *events)
        await keep_dues(tx, custody, facts)
    if any(isinstance(event, ELSEWHERE) for event in events):
        custody = await look_for_hands(tx, custody)
    return Answer(id=custody.case_id, version=custody.version)


async def keep_evidence(tx: Transaction, acting: Acting, case_id: str, words: str, shown: tuple[str, ...]) -> None:
    """What was done, in words and photos; it stays here."""
    await write_content(tx, case_id, EVIDENCE, words, acting.member, node_of(acting))
    await keep_photos(tx, acting, case_id, shown)


async def keep_photos(tx: Transaction, acting: Acting, case_id: str, shown: tuple[str, ...]) -> None:
    """Photos of the work; they stay here."""
    await photos.take(tx, PHOTOS, acting.member, shown, case_id, "evidence")


async def keep_progress(tx: Transaction, acting: Acting, case_id: str, words: str) -> None:
    """What the reporter is told; it stays here."""
    await write_content(tx, case_id, PROGRESS, words, acting.member, node_of(acting))


async def keep_note(tx: Transaction, acting: Acting, case_id: str, kind: NoteKind, words: str) -> None:
    """What a level writes for the others that work on the matter; it stays here."""
    await write_content(tx, case_id, kind.value.lower(), words, acting.member, node_of(acting))


def words(value: str, field: str, *, required: bool = False) -> str:
    """Somebody's words, within the limit. Raises Refused."""
    return text(value, field, MAX_EVIDENCE, required=required)
