"""The clocks of a matter: what each measures, and until when (domain 3.3)."""

from enum import StrEnum

from services.contracts.base import Instant, Model
from services.contracts.ids import NodeId


class ClockStage(StrEnum):
    """What a clock of a matter measures (domain 3.3)."""

    ACK = "ACK"
    TRIAGE = "TRIAGE"
    WINDOW = "WINDOW"
    FEEDBACK = "FEEDBACK"
    CALL_BACK = "CALL_BACK"
    COUNCIL = "COUNCIL"
    UPPER_ACTION = "UPPER_ACTION"
    RECEIPT = "RECEIPT"
    CURE = "CURE"
    FIRST_ACTION = "FIRST_ACTION"
    RELAY = "RELAY"
    INFORMATION = "INFORMATION"
    SUPERVISED_REPORT = "SUPERVISED_REPORT"
    PROGRESS = "PROGRESS"
    BARRIER = "BARRIER"
    SHELTER_ACTION = "SHELTER_ACTION"
    VISIT = "VISIT"
    PLAN = "PLAN"
    INFORM_TOWNSHIP = "INFORM_TOWNSHIP"
    DV_SCREENING = "DV_SCREENING"
    FIRST_CONTACT = "FIRST_CONTACT"
    VOICE_CONTACT = "VOICE_CONTACT"
    LEGAL_AID_REFERRAL = "LEGAL_AID_REFERRAL"
    LIMITATION_WARNING = "LIMITATION_WARNING"
    DUTY = "DUTY"


DUTIES = frozenset(
    {
        ClockStage.BARRIER,
        ClockStage.SHELTER_ACTION,
        ClockStage.VISIT,
        ClockStage.PLAN,
        ClockStage.INFORM_TOWNSHIP,
        ClockStage.DV_SCREENING,
        ClockStage.FIRST_CONTACT,
        ClockStage.VOICE_CONTACT,
        ClockStage.LEGAL_AID_REFERRAL,
        ClockStage.LIMITATION_WARNING,
        ClockStage.DUTY,
    }
)
"""What some sub-categories alone owe (domain 3.3). The names say what kind of matter it is: they are for those who work on it, and DUTY is
what events call each of them where they may not say that either."""
BESIDE_THE_WORK = DUTIES | {ClockStage.PROGRESS}
"""What is owed beside the work: such a clock is never the matter's own. The reporter's news (PROGRESS) is never overdue either, for when it
ends the next one begins, and never paused."""


class ClockState(StrEnum):
    """Whether a clock runs. The lamp is computed from the times, never stored."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"


class MatterClock(Model):
    """One due time of a matter. Moved by the ladder, granted pauses, urgency and calendars; by nothing else."""

    stage: ClockStage
    state: ClockState = ClockState.RUNNING
    started_at: Instant
    amber_at: Instant
    due_at: Instant
    provisional: bool = False
    overdue: bool = False
    nearing: bool = False
    """Whether who owes it was reminded at 80 %. With `overdue` it is the lamp that boards count, told by the sweep."""
    debtor: NodeId | None = None
    """Who owes it, where that is not the holder: the level that has been notified, the one that must look after an idle village."""
    paused_at: Instant | None = None
    """Since when it is paused."""
