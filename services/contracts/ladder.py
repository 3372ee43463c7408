"""The words of the ladder: why a matter goes up, what a level does about it, how its thread runs (domain 2.4)."""

from enum import StrEnum


class PassUpReason(StrEnum):
    """Why a level hands a matter to the one above."""

    NEEDS_FUNDS = "NEEDS_FUNDS"
    NEEDS_AUTHORITY = "NEEDS_AUTHORITY"
    NEEDS_EXPERTISE = "NEEDS_EXPERTISE"
    CROSS_REGION = "CROSS_REGION"
    DEPARTMENT_REFUSES = "DEPARTMENT_REFUSES"
    POLICY_GAP = "POLICY_GAP"
    SAFETY_RISK = "SAFETY_RISK"
    TIME_EXCEEDED = "TIME_EXCEEDED"
    NO_COMPETENCE = "NO_COMPETENCE"
    """Passed up without an action of its own, on a legal note (domain 2.1, guard G4)."""


class RefusalReason(StrEnum):
    """Why an upper level sends a matter back before receiving it: once, and for these reasons alone."""

    NOT_ACTED = "NOT_ACTED"
    WRONG_REGION = "WRONG_REGION"


class ActionType(StrEnum):
    """What a level does about a matter."""

    VISIT = "VISIT"
    CALL = "CALL"
    MEETING = "MEETING"
    COORDINATE = "COORDINATE"
    FUND_PLEDGE = "FUND_PLEDGE"
    LEGAL_AID = "LEGAL_AID"
    COUNSELLING = "COUNSELLING"
    WORK_ORDER = "WORK_ORDER"
    GUIDANCE = "GUIDANCE"
    SUPERVISE = "SUPERVISE"
    OPINION_ART73 = "OPINION_ART73"
    REQUEST_GOV_INSPECTION = "REQUEST_GOV_INSPECTION"
    POLICY_RECOMMENDATION = "POLICY_RECOMMENDATION"


COUNTY_UP_ONLY = frozenset({ActionType.OPINION_ART73, ActionType.REQUEST_GOV_INSPECTION})
"""Women's Rights Law, Art. 73: only a federation at county level or above may give an opinion, or ask its government to inspect."""


def is_substantive(action: ActionType, *, reached: bool = True) -> bool:
    """Whether an action counts for G4, the rule that no level passes on what it has not touched: all but guidance alone and a call
    that reached nobody."""
    return action is not ActionType.GUIDANCE and (action is not ActionType.CALL or reached)


class NoteKind(StrEnum):
    """On what occasion a level wrote down words for those who work on a matter."""

    ACTION = "ACTION"
    PASS_UP = "PASS_UP"  # noqa: S105
    REFUSAL = "REFUSAL"
    GUIDANCE = "GUIDANCE"
    RESOURCES = "RESOURCES"
    TAKE_OVER = "TAKE_OVER"
    INFORM = "INFORM"
    SUPERVISION = "SUPERVISION"
    RELAY = "RELAY"
    REWORK = "REWORK"


class ThreadMode(StrEnum):
    """How a matter's thread runs over the levels."""

    SEQUENTIAL = "SEQUENTIAL"
    PARALLEL_URGENT = "PARALLEL_URGENT"
    SEALED_DIRECT = "SEALED_DIRECT"


class SuspendReason(StrEnum):
    """Why a matter may rest, with its clocks paused (domain 2.1)."""

    COURT_PENDING = "COURT_PENDING"
    POLICE_INVESTIGATING = "POLICE_INVESTIGATING"
    SEASONAL = "SEASONAL"
    FUNDING_WAIT = "FUNDING_WAIT"
