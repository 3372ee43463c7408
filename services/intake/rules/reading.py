"""Which tiers of a case a caller may read (domain 1.4: class by tier)."""

from enum import IntEnum

from services.contracts.callers import Caller
from services.contracts.callers import Target as Seen
from services.contracts.cases import CaseClass, Relation
from services.contracts.ids import NodeId
from services.contracts.organisation import Role
from services.contracts.permissions import may_see_at_all
from services.contracts.regions import contains
from services.contracts.states import CustodyState, EntryState
from services.intake.rules.case import Case


class Tier(IntEnum):
    """How deep a text lies."""

    SUMMARY = 1
    NARRATIVE = 2
    IDENTITY = 3


HANDLERS = frozenset({Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER})
"""Hold matters at their level."""


def tiers(case: Case, caller: Caller, custody: CustodyState | None = None) -> frozenset[Tier]:
    """What this caller may read of this case; empty: nothing. `custody` as escalation last told it: who holds a matter, or has to decide
    whether to receive it, reads all of it; a level that was informed, or supervises, the words (domain 1.4: F2, F3)."""
    target = Seen(
        region=case.village,
        group=case.group,
        case_class=case.case_class,
        reporters=case.everyone,
        circle=case.circle,
        barred=case.parties,
    )
    if not may_see_at_all(caller, target):
        return frozenset()
    found: set[Tier] = set()
    if caller.member in case.reporters:
        found |= _reporters_own(case)
    if case.case_class.private:
        return frozenset(found | (set(Tier) if caller.member in case.circle else set()))
    for grant in caller.grants:
        in_group = grant.node == case.group
        above = contains(grant.region, case.village)
        match grant.role:
            case Role.PROJECTOR | Role.RESIDENT | Role.REPRESENTATIVE | Role.VOLUNTEER:
                if case.case_class is CaseClass.C0 and (in_group or (grant.role is Role.PROJECTOR and above)):
                    found.add(Tier.SUMMARY)
            case Role.GROUP_OWNER | Role.UNIT_LEADER if in_group:
                found.add(Tier.SUMMARY) if case.case_class is CaseClass.C0 else None
                if grant.role is Role.GROUP_OWNER and case.case_class is CaseClass.C0:
                    found |= {Tier.NARRATIVE, Tier.IDENTITY}
            case _ if grant.in_council and grant.region == case.village:
                found |= {Tier.SUMMARY, Tier.NARRATIVE}
            case role if role in HANDLERS and above and len(grant.region) == len(case.village):
                found |= set(Tier)
            case role if role in HANDLERS and above:
                found |= _of_a_level(grant.node, custody)
            case _:
                pass
    return frozenset(found)


def _of_a_level(node: NodeId, custody: CustodyState | None) -> set[Tier]:
    """What officers above the village read. A level that passed the matter up follows it, and sees its status."""
    entry = next((each for each in custody.entries if each.node == node), None) if custody else None
    if custody is None or entry is None:
        return {Tier.SUMMARY}
    if node == custody.holder or entry.state is EntryState.NOTIFIED:
        return set(Tier)
    if entry.state is EntryState.INFORMED or entry.supervising:
        return {Tier.SUMMARY, Tier.NARRATIVE}
    return {Tier.SUMMARY}


def _reporters_own(case: Case) -> set[Tier]:
    """Her own words; of another's matter the words too, since she wrote them, but no feedback beyond "concluded" (V1). Whose report was
    joined with this one has her own words there, and reads nobody else's here."""
    own = {Tier.NARRATIVE, Tier.IDENTITY}
    return own | {Tier.SUMMARY} if case.case_class is CaseClass.C0 or case.relation is Relation.OWN else own


def may_read_route(case: Case, caller: Caller, custody: CustodyState | None = None) -> bool:
    """Why and where a matter went instead: who handles it, and its reporters; of another's private matter the reporter learns no outcome."""
    if caller.member in case.everyone and caller.member not in case.parties:
        return case.case_class is CaseClass.C0 or caller.member not in case.bystanders
    return Tier.NARRATIVE in tiers(case, caller, custody)


def may_read_question(case: Case, caller: Caller, custody: CustodyState | None = None) -> bool:
    """What the reporter is asked: she, and who handles it."""
    reporter = caller.member in case.everyone and caller.member not in case.parties
    return reporter or Tier.NARRATIVE in tiers(case, caller, custody)


def may_read_supplied(case: Case, caller: Caller, custody: CustodyState | None = None) -> bool:
    """What was supplied: who handles it; the reporter, where she is the only one who can have written it."""
    return handles(case, caller, custody) or (not case.joined and Tier.NARRATIVE in tiers(case, caller, custody))


def handles(case: Case, caller: Caller, custody: CustodyState | None = None) -> bool:
    """Whether she reads the narrative for another reason than having written it."""
    return Tier.NARRATIVE in tiers(case.model_copy(update={"reporters": ()}), caller, custody)


def may_read_feedback(case: Case, caller: Caller, custody: CustodyState | None = None) -> bool:
    """The answer in full: the reporter of her own or a common matter, and who handles it."""
    if caller.member in case.everyone and caller.member not in case.parties:
        return caller.member not in case.bystanders
    return Tier.NARRATIVE in tiers(case, caller, custody)
