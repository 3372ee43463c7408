"""Who is told of what happens on the ladder (domain 2.4): the level that must act, and every level below that follows. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.contracts.events.escalation import (
    AlertRaised,
    ChairBarred,
    ClockNearing,
    CustodyEvent,
    CustodyReopened,
    FeedbackRelayed,
    IdleSurfaced,
    InformedUp,
    MatterReceived,
    MatterResolved,
    MatterResumed,
    MatterReworked,
    MatterSuspended,
    PassedUp,
    PassUpCancelled,
    PassUpProposed,
    ProgressOwed,
    ProgressTold,
    ReceiptRefused,
    ReturnedDown,
    SupervisionChanged,
    TakenOver,
    VacancySurfaced,
)
from services.contracts.ids import NodeId
from services.contracts.ladder import ThreadMode
from services.contracts.organisation import Node
from services.contracts.regions import Level
from services.contracts.states import AccessState, CustodyState, EntryState
from services.notify.rules.entries import Kind, Told
from services.notify.rules.people import concerned, looking_after, may_act, of_the_circle, on_duty, responsible


def of_the_ladder(event: CustodyEvent, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> Sequence[Told]:
    """Whoever must act comes first, so that nobody is told the lesser thing."""

    def tell(kind: Kind, *to: NodeId | None) -> list[Told]:
        return [Told(member, kind) for node in to if node for member in responsible(node, access, nodes, now)]

    def followers(level: Level) -> list[Told]:
        """Those below a level that has the matter, or is about to."""
        return tell(Kind.FOLLOW_UP, *_below(event.custody, level))

    def arrive(kind: Kind, *to: NodeId) -> list[Told]:
        """A matter comes to a level. Of a private one its people hear by joining the circle, unless they are of it from before."""
        before = {entry.node for entry in event.custody.entries if entry.bounces or entry.refusals}
        before |= set(event.known) if isinstance(event, AlertRaised) else set()
        return tell(kind, *(node for node in to if node in before or not access.case_class.private))

    def surfaced(to: NodeId | None) -> list[Told]:
        """Whoever may act for the level that looks after it, of the circle already or about to be."""
        return [Told(member, Kind.VACANT_BELOW) for member in may_act(to, access, nodes, now).first]

    def rests(kind: Kind, by: NodeId | None) -> list[Told]:
        """It rests, or goes on: who holds it and who follows are told, unless they said so."""
        return others(by, tell(kind, custody.holder if custody.holder != by else None) + followers(custody.level))

    def others(by: NodeId | None, told: Sequence[Told]) -> list[Told]:
        """Without the level that did it."""
        own = concerned(by, access, nodes, now) if by else ()
        return [each for each in told if each.address not in own]

    reporters = [member for member in access.reporters if member not in access.bystanders]
    custody = event.custody
    match event:
        case PassedUp():
            return arrive(Kind.PASSED_UP, event.to) + followers(custody.level)
        case PassUpProposed():
            # Where nobody there may sign, whoever looks after the matter hears that something is to be done.
            signing = may_act(event.by, access, nodes, now).heads
            return [Told(member, Kind.TO_SIGN) for member in signing] or surfaced(custody.surfaced)
        case PassUpCancelled():
            there = concerned(event.to, access, nodes, now) if event.to else ()
            return others(event.by, [*(Told(each, Kind.TAKEN_BACK) for each in there), *followers(custody.level)])
        case MatterReceived():
            return followers(custody.level) + [Told(member, Kind.ESCALATED) for member in reporters]
        case ReceiptRefused():
            return tell(Kind.SENT_BACK, custody.holder)
        case ReturnedDown():
            return tell(Kind.RETURNED, event.to) + followers(custody.level)
        case TakenOver():
            return tell(Kind.TAKEN_OVER, event.taken_from) + followers(custody.level)
        case InformedUp():
            return arrive(Kind.INFORMED, event.to)
        case AlertRaised():
            at_once = [member for node in event.alerted for member in on_duty(node, access, nodes, now)]
            # Of a private matter, whoever joined its circle before this was heard.
            joined = [member for node in event.alerted for member in of_the_circle(node, access, nodes, now)]
            return arrive(Kind.ALERT, *event.alerted) + [Told(member, Kind.ALERT) for member in (*at_once, *joined)]
        case SupervisionChanged(on=True):
            return tell(Kind.SUPERVISED, custody.holder)
        case MatterResolved(on_the_spot=False) | FeedbackRelayed():
            owed = Kind.RELAY_OWED if _is_above_the_bottom(custody) else Kind.FEEDBACK_OWED
            return tell(owed, custody.holder) + followers(custody.level)
        case MatterReworked():
            return tell(Kind.REWORK, custody.holder)
        case CustodyReopened() if _is_above_the_bottom(custody):
            return tell(Kind.REOPENED_HERE, custody.holder)
        case MatterSuspended():
            return rests(Kind.SUSPENDED_HERE, event.by) + [Told(member, Kind.SUSPENDED) for member in reporters]
        case MatterResumed():
            return rests(Kind.RESUMED_HERE, event.by) + [Told(member, Kind.RESUMED) for member in reporters]
        case ProgressTold():
            return [Told(member, Kind.PROGRESS) for member in access.reporters]
        case ProgressOwed():
            return tell(Kind.PROGRESS_OWED, event.urged) + [Told(m, Kind.STILL_HANDLED) for m in access.reporters]
        case ClockNearing():
            return tell(Kind.NUDGE, event.nudged)
        case IdleSurfaced():
            return [Told(member, Kind.IDLE_BELOW) for member in looking_after(event.to, access, nodes, now)]
        case VacancySurfaced():
            return surfaced(event.to)
        case ChairBarred():
            above = looking_after(event.to, access, nodes, now) if event.to else ()
            there = may_act(custody.holder, access, nodes, now).officers
            return [Told(member, Kind.CHAIR_BARRED) for member in (*there, *above)]
        case _:
            return ()


def alerted_nodes(custody: CustodyState) -> tuple[NodeId, ...]:
    """The levels above the holder's that were told at once, while none of them has taken it."""
    if custody.mode is not ThreadMode.PARALLEL_URGENT or custody.taken:
        return ()
    above = (entry for entry in custody.entries if entry.level.width < custody.level.width)
    return tuple(entry.node for entry in above if entry.state is EntryState.INFORMED)


def _below(custody: CustodyState, level: Level) -> list[NodeId]:
    return [entry.node for entry in custody.entries if entry.level.width > level.width]


def _is_above_the_bottom(custody: CustodyState) -> bool:
    return any(entry.level.width > custody.level.width for entry in custody.entries)
