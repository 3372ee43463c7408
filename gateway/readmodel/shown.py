"""What is left of a matter's states for those who may not know all of them. Pure."""

from services.contracts.cases import Stage
from services.contracts.lifecycle import Lifecycle
from services.contracts.states import CaseState, ClockStage, CustodyState


def without_supervision(custody: CustodyState) -> CustodyState:
    """Supervision is a badge for the levels alone (domain 2.4)."""
    entries = tuple(entry.model_copy(update={"supervising": False}) for entry in custody.entries)
    clocks = tuple(clock for clock in custody.clocks if clock.stage is not ClockStage.SUPERVISED_REPORT)
    return custody.model_copy(update={"entries": entries, "clocks": clocks})


def case_to_a_bystander(case: CaseState, state: Lifecycle) -> CaseState:
    """What the reporter of somebody else's private matter may know of it: what she said herself, and received, being handled, concluded."""
    kept = {
        "case_id",
        "version",
        "number",
        "region",
        "case_class",
        "category",
        "sub_category",
        "urgency",
        "submitted_at",
    }
    concluded = state is Lifecycle.CLOSED
    return CaseState(
        **{name: getattr(case, name) for name in kept},
        stage=Stage(state.value),
        closed_at=case.closed_at if concluded else None,
    )
