"""Which commands fit the state of a matter, whoever asks: one function a service, and all of them together. Refusals name them;
`allowedCommands` narrows them to a caller."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.contracts.base import Instant
from services.contracts.cases import UNMERGE_WINDOW, CaseClass, Stage, Urgency, reopen_window
from services.contracts.fitting_council import fitting_council
from services.contracts.lifecycle import is_escalated, is_resolved, relay_owed
from services.contracts.orders import OrderRole, OrderStage, OrderState
from services.contracts.regions import Level
from services.contracts.states import CaseState, CustodyState, DocketStage, DocketState

MAX_ASKED = 2
"""Times that a reporter is asked for what is missing (domain 2.1)."""
MAX_BOUNCES = 2
"""Times that a level hands a matter back down; the third time it must hold it (domain 2.4)."""


def fitting(
    case: CaseState,
    custody: CustodyState | None = None,
    docket: DocketState | None = None,
    council: DocketStage = DocketStage.NONE,
) -> tuple[str, ...]:
    """The commands of all services that fit. `council`: what the council is doing with it, for who knows that of its docket and no more."""
    return (
        *fitting_intake(case, custody),
        *fitting_ladder(case, custody, docket.stage if docket else council),
        *fitting_council(case, custody, docket),
        *fitting_departments(case, custody),
    )


def fitting_intake(case: CaseState, custody: CustodyState | None) -> tuple[str, ...]:
    """Intake's: the steps of the case, its people, its class. Some have a time limit beside (`too_late`)."""
    match case.stage:
        case Stage.SUBMITTED:
            acknowledge = () if case.acknowledged_at else ("Acknowledge",)
            ask = () if case.urgency is Urgency.RED or case.asked >= MAX_ASKED else ("AskForInformation",)
            return (*acknowledge, "AcceptMatter", *ask, *_turning_away(case, custody), *_while_open(case))
        case Stage.RETURNED_FOR_INFO:
            return ("SupplyInformation", *_while_open(case))
        case Stage.ACCEPTED if is_resolved(case, custody):
            feedback = () if relay_owed(case, custody) else ("GiveFeedback",)
            return (*feedback, *_while_open(case))
        case Stage.ACCEPTED:
            return (*_turning_away(case, custody), *_while_open(case))
        case Stage.FEEDBACK_GIVEN:
            # Who wrote a matter down for somebody else does not rate it in her name (S23).
            rate = () if case.answer_by and not case.some_read else ("RateMatter",)
            return (*rate, "CallBack", "CloseMatter", *_while_open(case))
        case Stage.REJECTED:
            # Above the province there is nobody to review it.
            above = custody is None or custody.level is not Level.PROVINCE
            return ("ReopenMatter", *(("ReviewRejection",) if above and case.rejection_finding is None else ()))
        case Stage.CLOSED | Stage.WITHDRAWN:
            return ("ReopenMatter",)
        case Stage.MERGED:
            return ("UnmergeMatter",)
        case _:
            return ()


def too_late(command: str, case: CaseState, now: datetime) -> timedelta | None:
    """The window that has passed since the matter ended, where the command has one; None: not too late."""
    windows = {"ReopenMatter": reopen_window(case.category), "UnmergeMatter": UNMERGE_WINDOW}
    window = windows.get(command)
    return window if window and case.closed_at and now > case.closed_at + window else None


def _turning_away(case: CaseState, custody: CustodyState | None) -> tuple[str, ...]:
    """Not ours, or a repetition: before it is resolved. What has gone up is not merged into another."""
    council = case.case_class in {CaseClass.C0, CaseClass.C1}
    propose = ("ProposeRejection",) if council and case.rejection_proposed is None else ()
    merge = () if case.case_class is CaseClass.C3 or is_escalated(case, custody) else ("MergeMatter",)
    return (*propose, "RejectMatter", "RedirectMatter", *merge)


def _while_open(case: CaseState) -> tuple[str, ...]:
    withdraw = () if case.reporter_withdrew else ("WithdrawMatter",)
    higher = () if case.case_class is CaseClass.C3 else ("RaiseClass",)
    lower = () if case.case_class in {CaseClass.C0, CaseClass.C3} else ("LowerClass",)  # what was sealed stays sealed
    circle = ("ChangeCircle",) if case.case_class.private else ()
    return (*withdraw, *higher, *lower, *circle, "NameParty", "ClearParty", "SetUrgency")


def fitting_ladder(
    case: CaseState, custody: CustodyState | None, council: DocketStage = DocketStage.NONE
) -> tuple[str, ...]:
    """Escalation's: what the holder and the levels above may do about it (domain 2.4)."""
    if case.stage.ended:
        return ()
    if custody is None:
        return ("SolveOnSpot",) if case.stage is Stage.ACCEPTED and _small(case) else ()
    if custody.closed_at is not None:
        return ()
    urgent = ("AlertInParallel",) if case.urgency in {Urgency.RED, Urgency.ORANGE} else ()
    always = ("InformUp", "Supervise", *urgent)
    if case.stage is not Stage.ACCEPTED:
        return (*always, *_taking(custody)) if case.stage in {Stage.SUBMITTED, Stage.RETURNED_FOR_INFO} else always
    if is_resolved(case, custody):
        relay = ("RelayFeedback",) if relay_owed(case, custody) else ()
        # Where nobody may hand the answer down, or give it, a level above takes it over and answers.
        return (*relay, "ReworkMatter", *always, *(("TakeOver",) if custody.is_vacant else ()))
    if custody.suspended_until is not None:
        # What a level above takes goes on resting, until it ends that.
        return ("ResumeMatter", "TellProgress", *always, *_taking(custody))
    return (*_working(case, custody, council), "TellProgress", *always)


def _working(case: CaseState, custody: CustodyState, council: DocketStage) -> tuple[str, ...]:
    """An accepted matter that nobody has resolved yet: what the level that has it may do, and the one that it is on its way to."""
    if (coming := custody.notified) is not None:
        refuse = () if coming.refusals else ("RefuseReceipt",)
        return ("RecordAction", "CancelPassUp", "Receive", *refuse, *_taking(custody))
    own = custody.entry(custody.level)
    above_first = custody.level.width < len(case.region)
    found = ["RecordAction", "PassUp", *_taking(custody), "ResolveMatter"]
    if custody.level is Level.PROVINCE:
        found = ["RecordAction", "ResolveMatter"]
    if above_first and own is not None and own.bounces < MAX_BOUNCES:
        found.append("ReturnDown")
    if case.urgency is not Urgency.RED:
        found.append("SuspendMatter")
    # What its council is sitting over is not done without one.
    if _small(case) and custody.level is Level.VILLAGE and council is not DocketStage.IN_DELIBERATION:
        found.append("SolveOnSpot")
    return tuple(found)


def _taking(custody: CustodyState) -> tuple[str, ...]:
    return ("TakeOver",) if custody.may_be_taken else ()


def fitting_departments(case: CaseState, custody: CustodyState | None) -> tuple[str, ...]:
    """Giving it to departments, while it is being worked on. Never of C3."""
    at_work = case.stage is Stage.ACCEPTED and custody is not None and not is_resolved(case, custody)
    return ("IssueOrder",) if at_work and case.case_class is not CaseClass.C3 else ()


def _small(case: CaseState) -> bool:
    """C0 or C1, and not RED: may be solved on the spot (domain 2.1)."""
    return case.case_class in {CaseClass.C0, CaseClass.C1} and case.urgency is not Urgency.RED


WAITING = frozenset(
    {
        "UrgeOrder",
        "SuperviseOrder",
        "GiveArt73Opinion",
        "RequestInspection",
        "RequestExtension",
        "PauseOrder",
        "ResumeOrder",
    }
)
"""What nobody does with a work order while its matter rests: it is not urged, and its clocks stand already."""


def fitting_order(order: OrderState, now: Instant) -> tuple[str, ...]:
    """The commands that fit a work order."""
    fit = _fitting_stage(order, now)
    return fit if order.rest is None else tuple(each for each in fit if each not in WAITING)


def held_up(order: OrderState, others: Iterable[OrderState]) -> frozenset[str]:
    """What the lead of a joint order does last: it reports once everybody who assists has, and is taken back when nobody assists any more.
    `others`: the orders of the same joint one."""
    assisting = [each.stage for each in others if order.role is OrderRole.LEAD and each.role is OrderRole.CO]
    reporting = {"ReportDone", "ExplainImpossible"} if any(not each.reported for each in assisting) else set()
    return frozenset(reporting | ({"CancelOrder"} if any(not each.settled for each in assisting) else set()))


def _fitting_stage(order: OrderState, now: Instant) -> tuple[str, ...]:
    """Nobody supervises a letter; what is RED knows no pause."""
    may_pause = not order.letter and order.days_asked is None and order.urgency is not Urgency.RED
    match order.stage:
        case OrderStage.ISSUED | OrderStage.DESIGNATED:
            fit = ("SignOrder", *(("ObjectToOrder",) if order.may_object(now) else ()), *_urging(order), "CancelOrder")
        case OrderStage.OBJECTED:
            fit = ("ReissueOrder", "DesignateOrder", "CancelOrder")
        case OrderStage.PAUSED:
            fit = ("ResumeOrder", "CancelOrder")
        case OrderStage.REPORTED_DONE:
            fit = ("VerifyOrder", "ReworkOrder", *_urging(order)[2:], "CancelOrder")
        case OrderStage.VERIFIED | OrderStage.CALLED_BACK:
            fit = ("ReworkOrder",)
        case stage if stage.working:
            fit = (
                *(("ObjectToOrder",) if order.may_object(now) else ()),
                "ReportProgress",
                "ReportDone",
                "ExplainImpossible",
                *(("MarkNotApplicable",) if order.role is OrderRole.CO else ()),
                *_extending(order),
                *_urging(order),
                *(("PauseOrder",) if may_pause else ()),
                "CancelOrder",
            )
        case _:
            fit = ()
    return fit


def _urging(order: OrderState) -> tuple[str, ...]:
    if order.letter:
        return ("UrgeOrder",)
    opinion = ("GiveArt73Opinion",) if order.opinion_from is not None else ()
    return ("UrgeOrder", "SuperviseOrder", *opinion, *(("RequestInspection",) if order.opinion_at else ()))


def _extending(order: OrderState) -> tuple[str, ...]:
    if order.letter:
        return ()
    return ("RequestExtension",) if order.days_asked is None else ("DecideExtension",)
