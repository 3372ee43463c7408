"""Which of deliberation's commands fit: a matter, a session, a resolution, an item (domain 2.2, 2.3). Refusals name them; `allowedCommands`
narrows them to a caller."""

from services.contracts.cases import CaseClass, Stage
from services.contracts.council import (
    ItemStage,
    ItemState,
    ResolutionStage,
    ResolutionState,
    SessionStage,
    SessionState,
)
from services.contracts.lifecycle import is_resolved
from services.contracts.organisation import council_of
from services.contracts.regions import Level, at_level
from services.contracts.states import CaseState, CustodyState, DocketState

MAX_FAILURES = 2
"""Sessions without a resolution, after which the village passes the matter up or turns it down (domain 2.1)."""

_BEGIN = ("PutToCouncil", "ScheduleSession", "OpenSession")
_RECUSAL = ("Recuse", "LiftRecusal")
_S, _R, _I = SessionStage, ResolutionStage, ItemStage
_SESSION: dict[SessionStage, tuple[str, ...]] = {
    _S.PROPOSED: ("ScheduleSession", "OpenSession", "Invite", "AnswerInvitation", *_RECUSAL, "CancelSession"),
    _S.SCHEDULED: ("ScheduleSession", "OpenSession", "Invite", "AnswerInvitation", *_RECUSAL, "CancelSession"),
    _S.OPEN: ("Invite", "AnswerInvitation", "Speak", *_RECUSAL, "Adjourn", "CastVote", "Adopt", "CloseSession"),
    _S.ADJOURNED: ("OpenSession", "Invite", "AnswerInvitation", *_RECUSAL, "CloseSession"),
    _S.DECIDING: ("Speak", *_RECUSAL, "CastVote", "Adopt", "CloseSession"),
}
_RESOLUTION: dict[ResolutionStage, tuple[str, ...]] = {
    _R.IN_EXECUTION: ("BlockResolution", "SupersedeResolution", "RevokeResolution", "PublishResult", "AssignItem"),
    _R.BLOCKED: ("UnblockResolution", "SupersedeResolution", "RevokeResolution", "PublishResult"),
    _R.COMPLETED: ("SupersedeResolution", "RevokeResolution", "PublishResult", "AssignItem"),
    _R.PARTLY_COMPLETED: ("SupersedeResolution", "RevokeResolution", "PublishResult", "AssignItem"),
    _R.FAILED: ("SupersedeResolution", "RevokeResolution", "AssignItem"),
}
_ITEM: dict[ItemStage, tuple[str, ...]] = {
    _I.ASSIGNED: ("AcceptItem", "DeclineItem", "WaiveItem", "ReassignItem"),
    _I.ACCEPTED: ("DeclineItem", "ProgressItem", "FinishItem", "WaiveItem", "ReassignItem"),
    _I.IN_PROGRESS: ("DeclineItem", "ProgressItem", "FinishItem", "WaiveItem", "ReassignItem"),
    _I.REWORK: ("DeclineItem", "ProgressItem", "FinishItem", "WaiveItem", "ReassignItem"),
    _I.DONE: ("VerifyItem", "ReworkItem"),
    _I.DECLINED: ("WaiveItem", "ReassignItem"),
}


def before_a_council(case: CaseState, custody: CustodyState | None) -> bool:
    """Whether a council may deal with the matter at all now: accepted, not solved, and not sealed."""
    return case.stage is Stage.ACCEPTED and not is_resolved(case, custody) and case.case_class is not CaseClass.C3


def fitting_council(case: CaseState, custody: CustodyState | None, docket: DocketState | None) -> tuple[str, ...]:
    """What fits the matter as a whole. Of C3 there is no council (domain 1.4)."""
    if docket is None:
        return ()
    admit = case.case_class in {CaseClass.C0, CaseClass.C1} and any(each.opened_at for each in docket.sessions)
    later = ("AdmitMember",) if admit and case.stage not in {Stage.SUBMITTED, Stage.RETURNED_FOR_INFO} else ()
    if not before_a_council(case, custody):
        return later
    live = [each for each in docket.sessions if not each.stage.over and each.council == council_of(seat(case, custody))]
    begin = _BEGIN if not live and may_begin(custody, docket) else ()
    go_on = tuple(name for each in live for name in _BEGIN if name in _SESSION[each.stage])
    return (*begin, *go_on, "AssignItem", *later)


def may_begin(custody: CustodyState | None, docket: DocketState) -> bool:
    """Whether a new session may begin: not while the matter rests, nor at the village after two that came to nothing."""
    if custody is not None and custody.suspended_until is not None:
        return False
    below = custody is None or (custody.level is Level.VILLAGE and not custody.returned)
    return not below or docket.failures < MAX_FAILURES


def seat(case: CaseState, custody: CustodyState | None) -> str:
    """The region whose council begins sessions now: that of the level that holds the matter."""
    return at_level(case.region, custody.level if custody else Level.VILLAGE)


def fitting_session(case: CaseState, custody: CustodyState | None, session: SessionState) -> tuple[str, ...]:
    """What fits a session."""
    return _SESSION.get(session.stage, ()) if before_a_council(case, custody) else ()


def fitting_resolution(case: CaseState, custody: CustodyState | None, resolution: ResolutionState) -> tuple[str, ...]:
    """What fits a resolution. A result may be made public after the matter is solved, too."""
    found = _RESOLUTION.get(resolution.stage, ())
    if before_a_council(case, custody):
        return tuple(name for name in found if name != "PublishResult" or case.case_class is CaseClass.C0)
    open_to_all = case.case_class is CaseClass.C0 and case.stage in {Stage.ACCEPTED, Stage.FEEDBACK_GIVEN}
    return ("PublishResult",) if open_to_all and "PublishResult" in found else ()


def fitting_item(case: CaseState, custody: CustodyState | None, item: ItemState) -> tuple[str, ...]:
    """What fits an item."""
    return _ITEM.get(item.stage, ()) if before_a_council(case, custody) else ()
