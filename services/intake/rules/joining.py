"""Reports that repeat one another (S13): joined with one matter, and taken out again. Pure, total, no text."""

from datetime import datetime

from services.contracts.cases import CaseClass, Stage, Urgency
from services.contracts.events.intake import CaseEvent, CaseJoined, CaseMerged, CaseParted, CaseUnmerged
from services.contracts.fitting import too_late
from services.contracts.ids import NodeId
from services.contracts.organisation import first_holder
from services.contracts.refusals import Code, Refused
from services.contracts.regions import contains
from services.contracts.states import CustodyState
from services.intake.rules.case import Case, Joined, Moved, check_fits, in_hand
from services.intake.rules.course import taken_back, with_urgency

UNANSWERED = frozenset({Stage.SUBMITTED, Stage.RETURNED_FOR_INFO, Stage.ACCEPTED})
"""Stages in which whoever joins still gets the answer."""


def merge(
    case: Case,
    master: Case,
    by: NodeId,
    within: str,
    custody: CustodyState | None,
    masters: CustodyState | None,
    now: datetime,
) -> tuple[Moved, Moved]:
    """`case` goes on as `master`, whose custody is `masters`; both lie within the region that the caller answers for. Returns how each
    moves: what was urgent by itself is no less so together."""
    check_fits("MergeMatter", case, custody)
    if not (contains(within, case.village) and contains(within, master.village)):
        raise Refused(Code.PLACES_DO_NOT_MERGE)
    if not _alike(case, master):
        raise Refused(Code.CLASSES_DO_NOT_MERGE)
    if set(case.everyone) & set(master.parties) or set(master.everyone) & set(case.parties):
        raise Refused(Code.BARRED)
    if master.stage not in UNANSWERED:
        raise Refused(Code.MASTER_NOT_OPEN)
    joined = Joined(
        case_id=case.case_id,
        others=case.reports,
        reporters=case.everyone,
        bystanders=case.bystanders,
        writers=case.writers,
        answer_by=case.answer_by,
        barred=case.parties,
    )
    merged = case.after(
        stage=Stage.MERGED,
        merged_into=master.case_id,
        merged_from=Stage.ACCEPTED if case.stage is Stage.ACCEPTED else Stage.SUBMITTED,
        closed_at=now,
    )
    withdrew = tuple(dict.fromkeys((*master.withdrew, *case.withdrew)))
    grown = _as_joined(master.after(joined=(*master.joined, joined), withdrew=withdrew))
    fact = CaseMerged(at=now, case=merged.public(), by=by, into=master.case_id, in_hand=in_hand(case, custody))
    told: tuple[CaseEvent, ...] = (CaseJoined(at=now, case=grown.public(), by=by, joined=case.case_id),)
    urgency = min(case.urgency, master.urgency, key=list(Urgency).index)
    if urgency is not master.urgency:
        grown, faster = with_urgency(grown, urgency, by, masters, now)
        told += faster
    return (merged, (fact,)), (grown, told)


def unmerge(
    case: Case,
    master: Case,
    by: NodeId,
    custody: CustodyState | None,
    masters: CustodyState | None,
    now: datetime,
) -> tuple[Moved, Moved]:
    """It does not repeat the other after all, and goes on by itself from where it was. Whom the matter was closed to, it stays closed to
    (`secrecy.follow`); what either's own reporters have taken back, and only the other's kept going, ends."""
    check_fits("UnmergeMatter", case, custody)
    if (window := too_late("UnmergeMatter", case, now)) is not None:
        raise Refused(Code.TOO_LATE_NOW, days=window.days)
    if master.stage is Stage.MERGED:
        raise Refused(Code.MASTER_NOT_OPEN)
    stands = {"stage": case.merged_from or Stage.SUBMITTED, "merged_from": None, "merged_into": None, "closed_at": None}
    again = _as_joined(case.after(**stands, withdrew=master.withdrew))
    shrunk = _as_joined(master.after(joined=tuple(each for each in master.joined if each.case_id != case.case_id)))
    named = None if master.case_class is CaseClass.C3 else master.case_id
    parted: CaseEvent = CaseParted(at=now, case=shrunk.public(), by=_by(master, by), parted=case.case_id)
    out: CaseEvent = CaseUnmerged(at=now, case=again.public(), by=_by(case, by), out_of=named)
    again, ended = taken_back(case, again, custody, now)
    shrunk, ended_too = taken_back(master, shrunk, masters, now)
    return (again, (out, *ended)), (shrunk, (parted, *ended_too))


def _as_joined(case: Case) -> Case:
    """What follows for a matter from whose reports are joined with it: how they must be told, and whether all of them took it back."""
    own = None if case.answer_joined else case.answer_by
    answer_by = own or next((each.answer_by for each in case.joined if each.answer_by), None)
    withdrew = tuple(each for each in case.withdrew if each in case.everyone)
    changed = case.model_copy(
        update={
            "answer_by": answer_by,
            "answer_joined": own is None and answer_by is not None,
            "withdrew": withdrew,
            "reporter_withdrew": set(case.everyone) <= set(withdrew),
        }
    )
    some_read = answer_by is not None and set(changed.writers) != set(changed.everyone)
    return changed.model_copy(update={"some_read": some_read})


def _by(case: Case, by: NodeId) -> NodeId:
    """A sealed topic names no place below the county."""
    return first_holder(case.case_class, case.village) if case.case_class is CaseClass.C3 else by


def _alike(case: Case, master: Case) -> bool:
    """Both within the council, or both private with one circle; never sealed."""
    classes = {case.case_class, master.case_class}
    if classes <= {CaseClass.C0, CaseClass.C1}:
        return True
    return classes == {CaseClass.C2} and set(case.circle) == set(master.circle)
