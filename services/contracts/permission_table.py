"""Who may ask what: the one permission table, as data (domain 1.3). `permissions` decides by it; a test plays every line of it.

A line grants a command to a role whose node stands at one of the levels, within a reach. What depends on the matter
beyond that (state, class, who did the work) is the business of the service's rules.
"""

from collections.abc import Mapping

from services.contracts.callers import Permission, Reach
from services.contracts.organisation import Role
from services.contracts.regions import Level

_V, _T, _C, _M, _P = (frozenset({level}) for level in Level)
_TOWNSHIP_UP = _T | _C | _M | _P
_ALL = _V | _TOWNSHIP_UP


def _lines(command: str, *grants: tuple[Role | None, frozenset[Level], Reach]) -> list[Permission]:
    return [Permission(command, role, levels, reach) for role, levels, reach in grants]


_GROUP_OWNER = (Role.GROUP_OWNER, _V, Reach.GROUP)
_OWNER_OF_HOLDER = (Role.GROUP_OWNER, _V, Reach.GROUP_HOLDER)
_CHAIR = (Role.CHAIR, _V, Reach.SUBTREE)
_EXEC = (Role.EXEC_MEMBER, _V, Reach.SUBTREE)
_COUNCIL = (Role.COUNCIL_MEMBER, _V, Reach.SUBTREE)
_ON_BEHALF = (
    (Role.OFFICER, _TOWNSHIP_UP, Reach.SUBTREE),
    (Role.CHAIR, _TOWNSHIP_UP, Reach.SUBTREE),
    (Role.RIGHTS_OFFICER, _C, Reach.SUBTREE),
)
_HOLDING = (
    (Role.OFFICER, _TOWNSHIP_UP, Reach.HOLDER),
    (Role.CHAIR, _TOWNSHIP_UP, Reach.HOLDER),
    (Role.RIGHTS_OFFICER, _C, Reach.HOLDER),
)
_INVOLVED = (
    (Role.OFFICER, _TOWNSHIP_UP, Reach.INVOLVED),
    (Role.CHAIR, _TOWNSHIP_UP, Reach.INVOLVED),
    (Role.RIGHTS_OFFICER, _C, Reach.INVOLVED),
)
_MERGING = (_CHAIR, (Role.OFFICER, _T, Reach.SUBTREE), (Role.CHAIR, _T, Reach.SUBTREE))
_ISSUER = ((Role.CHAIR, _V, Reach.HOLDER), *_HOLDING)
_LIAISON = (Role.LIAISON, _ALL, Reach.DEPARTMENT)
_COUNCIL_OWNER = (Role.GROUP_OWNER, _V, Reach.COUNCIL)
_HOLDING_COUNCIL = ((Role.OFFICER, _TOWNSHIP_UP, Reach.HOLDER), (Role.CHAIR, _TOWNSHIP_UP, Reach.HOLDER))
_CONVENING = (
    _CHAIR,
    _COUNCIL_OWNER,
    (Role.OFFICER, _TOWNSHIP_UP, Reach.INVOLVED),
    (Role.CHAIR, _TOWNSHIP_UP, Reach.INVOLVED),
)
"""A session outlives a pass-up, so whoever has a line in the thread may end what she began; she begins only what she holds."""
_ASSIGNING = (_CHAIR, _COUNCIL_OWNER, *_HOLDING_COUNCIL)
_INVITED = ((None, _ALL, Reach.NAMED), (Role.LIAISON, _ALL, Reach.DEPARTMENT))
_ASSIGNED = (*_INVITED, (Role.CHAIR, _ALL, Reach.DEPARTMENT), (Role.OFFICER, _ALL, Reach.DEPARTMENT))
_HOLDING_UP = (
    (Role.OFFICER, _TOWNSHIP_UP, Reach.HOLDER_UP),
    (Role.CHAIR, _TOWNSHIP_UP, Reach.HOLDER_UP),
    (Role.RIGHTS_OFFICER, _C, Reach.HOLDER_UP),
)
_LOOKING_AFTER = (Role.OFFICER, _TOWNSHIP_UP, Reach.SURFACED)
_REPORTER = (None, _ALL, Reach.REPORTER)
_INSPECTOR = (Role.INSPECTOR, _ALL, Reach.SUBTREE)

TABLE: tuple[Permission, ...] = (
    *_lines(
        "ReportMatter",
        (Role.RESIDENT, _V, Reach.GROUP),
        (Role.REPRESENTATIVE, _V, Reach.GROUP),
        (Role.UNIT_LEADER, _V, Reach.GROUP),
        _GROUP_OWNER,
        _COUNCIL,
        _EXEC,
        _CHAIR,
        *_ON_BEHALF,
    ),
    *_lines("Acknowledge", _GROUP_OWNER, _EXEC, _CHAIR, *_HOLDING),
    *_lines("AcceptMatter", _OWNER_OF_HOLDER, (Role.CHAIR, _V, Reach.HOLDER), *_HOLDING),
    *_lines("GiveFeedback", _GROUP_OWNER, _CHAIR, *_HOLDING),
    *_lines("RateMatter", (None, _ALL, Reach.SPEAKER)),
    *_lines("CallBack", _GROUP_OWNER, _EXEC, _CHAIR, _INSPECTOR, *_HOLDING),
    *_lines("CloseMatter", _CHAIR, *_HOLDING),
    *_lines(
        "AskForInformation",
        _OWNER_OF_HOLDER,
        (Role.EXEC_MEMBER, _V, Reach.HOLDER),
        (Role.CHAIR, _V, Reach.HOLDER),
        *_HOLDING,
    ),
    *_lines("SupplyInformation", _REPORTER),
    *_lines("ProposeRejection", _OWNER_OF_HOLDER),
    *_lines("RejectMatter", (Role.CHAIR, _V, Reach.HOLDER), *_HOLDING),
    *_lines("RedirectMatter", (Role.CHAIR, _V, Reach.HOLDER), *_HOLDING),
    *_lines("WithdrawMatter", _REPORTER),
    *_lines("MergeMatter", *_MERGING),
    *_lines("UnmergeMatter", *_MERGING, *_HOLDING),
    *_lines("ReopenMatter", _REPORTER, _INSPECTOR, *_INVOLVED),
    *_lines(
        "ReviewRejection",
        (Role.OFFICER, _TOWNSHIP_UP, Reach.SUBTREE),
        (Role.CHAIR, _TOWNSHIP_UP, Reach.SUBTREE),
        (Role.RIGHTS_OFFICER, _C, Reach.SUBTREE),
        (Role.INSPECTOR, _TOWNSHIP_UP, Reach.SUBTREE),
    ),
    *_lines(
        "RaiseClass",
        _REPORTER,
        (Role.UNIT_LEADER, _V, Reach.GROUP),
        _GROUP_OWNER,
        _COUNCIL_OWNER,
        _COUNCIL,
        _EXEC,
        _CHAIR,
        *_INVOLVED,
    ),
    *_lines("LowerClass", (Role.CHAIR, _C | _M | _P, Reach.INVOLVED)),
    *_lines("SetUrgency", _GROUP_OWNER, _EXEC, _CHAIR, *_INVOLVED),
    *_lines(
        "ChangeCircle",
        (Role.CHAIR, _V, Reach.HOLDER),
        (Role.CHAIR, _TOWNSHIP_UP, Reach.HOLDER),
        (Role.RIGHTS_OFFICER, _C, Reach.HOLDER),
    ),
    *_lines("NameParty", _REPORTER, _GROUP_OWNER, _EXEC, _CHAIR, *_INVOLVED),
    *_lines(
        "ClearParty",
        (Role.CHAIR, _V, Reach.HOLDER),
        (Role.CHAIR, _TOWNSHIP_UP, Reach.HOLDER_UP),
        (Role.RIGHTS_OFFICER, _C, Reach.HOLDER_UP),
        _LOOKING_AFTER,
    ),
    *_lines("AddRegion", (Role.OPERATOR, _P, Reach.SUBTREE)),
    *_lines("ImportRegions", (Role.OPERATOR, _P, Reach.SUBTREE)),
    *_lines("ImportMembers", (Role.OPERATOR, _P, Reach.SUBTREE)),
    *_lines("PutNode", (Role.OPERATOR, _P, Reach.SUBTREE)),
    *_lines("Delegate", _CHAIR),
    # The ladder
    *_lines("SolveOnSpot", (Role.UNIT_LEADER, _V, Reach.GROUP), _GROUP_OWNER, _EXEC, _CHAIR),
    *_lines("RecordAction", (Role.EXEC_MEMBER, _V, Reach.INVOLVED), (Role.CHAIR, _V, Reach.INVOLVED), *_INVOLVED),
    *_lines("TellProgress", (Role.EXEC_MEMBER, _V, Reach.HOLDER), (Role.CHAIR, _V, Reach.HOLDER), *_HOLDING),
    *_lines(
        "PassUp",
        (Role.EXEC_MEMBER, _V, Reach.HOLDER),
        (Role.CHAIR, _V, Reach.HOLDER),
        *_HOLDING,
        (Role.COUNCIL_MEMBER, _V, Reach.COUNCIL_HOLDER),
    ),
    *_lines("CancelPassUp", (Role.CHAIR, _V, Reach.HOLDER), *_HOLDING),
    *_lines("Receive", (Role.OFFICER, _TOWNSHIP_UP, Reach.NOTIFIED), (Role.CHAIR, _TOWNSHIP_UP, Reach.NOTIFIED)),
    *_lines("RefuseReceipt", (Role.CHAIR, _TOWNSHIP_UP, Reach.NOTIFIED)),
    *_lines("ReturnDown", *_HOLDING),
    *_lines(
        "TakeOver",
        (Role.CHAIR, _TOWNSHIP_UP, Reach.ABOVE),
        (Role.OFFICER, _TOWNSHIP_UP, Reach.ALERTED),
        _LOOKING_AFTER,
    ),
    *_lines("InformUp", (Role.CHAIR, _V, Reach.INVOLVED), *_INVOLVED),
    *_lines(
        "AlertInParallel",
        (Role.UNIT_LEADER, _V, Reach.GROUP),
        _GROUP_OWNER,
        _EXEC,
        _CHAIR,
        *_INVOLVED,
    ),
    *_lines("Supervise", (Role.CHAIR, _TOWNSHIP_UP, Reach.ABOVE), (Role.OFFICER, _TOWNSHIP_UP, Reach.ABOVE)),
    *_lines("ResolveMatter", (Role.CHAIR, _V, Reach.HOLDER), *_HOLDING),
    *_lines("RelayFeedback", (Role.CHAIR, _V, Reach.HOLDER), *_HOLDING),
    *_lines("ReworkMatter", (Role.CHAIR, _V, Reach.HOLDER), *_HOLDING_UP),
    *_lines("SuspendMatter", *_HOLDING_UP),
    *_lines("ResumeMatter", *_HOLDING_UP),
    # The council
    *_lines("PutToCouncil", _GROUP_OWNER, _COUNCIL_OWNER, _COUNCIL, _EXEC, _CHAIR, *_HOLDING_COUNCIL),
    *_lines("ScheduleSession", *_CONVENING),
    *_lines("OpenSession", *_CONVENING),
    *_lines("Invite", *_CONVENING),
    *_lines("AnswerInvitation", *_INVITED),
    *_lines("Speak", *_INVITED),
    *_lines("Recuse", (None, _ALL, Reach.NAMED), *_CONVENING, _LIAISON),
    *_lines("LiftRecusal", *_CONVENING),
    *_lines("Adjourn", *_CONVENING),
    *_lines("CastVote", (None, _ALL, Reach.NAMED)),
    *_lines("Adopt", *_CONVENING),
    *_lines("CloseSession", *_CONVENING),
    *_lines("CancelSession", *_CONVENING),
    *_lines("BlockResolution", _CHAIR, *_HOLDING_COUNCIL),
    *_lines("UnblockResolution", _CHAIR, *_HOLDING_COUNCIL),
    *_lines("SupersedeResolution", _CHAIR, *_HOLDING_COUNCIL),
    *_lines(
        "RevokeResolution",
        _CHAIR,
        (Role.OFFICER, _TOWNSHIP_UP, Reach.INVOLVED),
        (Role.CHAIR, _TOWNSHIP_UP, Reach.INVOLVED),
    ),
    *_lines("PublishResult", _CHAIR),
    *_lines("AssignItem", *_ASSIGNING),
    *_lines("AcceptItem", *_ASSIGNED),
    *_lines("DeclineItem", *_ASSIGNED),
    *_lines("ProgressItem", *_ASSIGNED),
    *_lines("FinishItem", *_ASSIGNED),
    *_lines("VerifyItem", _EXEC, _CHAIR, *_HOLDING_COUNCIL),
    *_lines("ReworkItem", _EXEC, _CHAIR, *_HOLDING_COUNCIL),
    *_lines("WaiveItem", _CHAIR, *_HOLDING_COUNCIL),
    *_lines("ReassignItem", *_ASSIGNING),
    *_lines("AdmitMember", *_ASSIGNING),
    *_lines("ConfirmMembership", (Role.LIAISON, _ALL, Reach.DEPARTMENT)),
    *_lines("EndMembership", *_ASSIGNING, (None, _ALL, Reach.NAMED), (Role.LIAISON, _ALL, Reach.DEPARTMENT)),
    # Department work orders: the holder of an order is its issuer
    *_lines("IssueOrder", (Role.CHAIR, _V, Reach.INVOLVED), *_INVOLVED),
    *_lines("SignOrder", _LIAISON),
    *_lines("ObjectToOrder", _LIAISON),
    *_lines("RequestExtension", _LIAISON),
    *_lines("ReportProgress", _LIAISON),
    *_lines("ReportDone", _LIAISON),
    *_lines("ExplainImpossible", _LIAISON),
    *_lines("MarkNotApplicable", _LIAISON),
    *_lines("ReissueOrder", *_ISSUER),
    *_lines("DesignateOrder", *_ISSUER),
    *_lines("DecideExtension", *_ISSUER),
    *_lines("VerifyOrder", _CHAIR, *_HOLDING),
    *_lines("ReworkOrder", *_ISSUER),
    *_lines("UrgeOrder", (Role.CHAIR, _V, Reach.INVOLVED), *_INVOLVED),
    *_lines("SuperviseOrder", *_INVOLVED),
    *_lines("GiveArt73Opinion", *_INVOLVED),
    *_lines("RequestInspection", *_INVOLVED),
    *_lines("PauseOrder", *_ISSUER),
    *_lines("ResumeOrder", *_ISSUER),
    *_lines("CancelOrder", *_ISSUER),
    *_lines("MarkRead", (None, _ALL, Reach.SELF)),
)

LINES: Mapping[str, tuple[Permission, ...]] = {
    command: tuple(line for line in TABLE if line.command == command) for command in {line.command for line in TABLE}
}
"""The table by command."""
