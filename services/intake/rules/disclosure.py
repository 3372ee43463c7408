"""What a department is told of a matter: a whitelist by its type (domain 1.4, V3). Pure. Never who reported it; her telephone only where
she has said that she may be called, and then without a name."""

from collections.abc import Mapping
from typing import NamedTuple

from services.contracts.callers import Caller
from services.contracts.cases import CaseClass
from services.contracts.disclosure import PackageField, PackageLine
from services.contracts.organisation import DepartmentType
from services.contracts.regions import contains
from services.contracts.states import CustodyState
from services.intake.rules import pii
from services.intake.rules.case import Case
from services.intake.rules.reading import HANDLERS, Tier, tiers

F = PackageField
D = DepartmentType
_REPAIR = (F.MATTER_TYPE, F.LOCATION, F.SUMMARY, F.URGENCY, F.DESK, F.REPORTER_CONTACT)
_DISPUTE = (F.MATTER_TYPE, F.SUMMARY, F.PARTY_ALIASES, F.URGENCY, F.DESK)
_RIGHTS = (F.MATTER_TYPE, F.SUMMARY, F.URGENCY, F.DESK)

WHITELIST: Mapping[DepartmentType, tuple[PackageField, ...]] = {
    D.HOUSING: _REPAIR,
    D.HEATING: _REPAIR,
    D.WATER: _REPAIR,
    D.POWER: _REPAIR,
    D.ROADS: _REPAIR,
    D.URBAN_MANAGEMENT: _REPAIR,
    D.JUSTICE_OFFICE: _DISPUTE,
    D.MEDIATION: _DISPUTE,
    D.POLICE: (F.MATTER_TYPE, F.LOCATION, F.SUMMARY, F.URGENCY, F.DESK),
    D.CIVIL_AFFAIRS: (F.MATTER_TYPE, F.NEED, F.URGENCY, F.DESK),
    D.HEALTH: (F.NEED, F.DESK),
    D.HUMAN_RESOURCES: _RIGHTS,
    D.AGRICULTURE: _RIGHTS,
    D.CHARITY: (F.PARTY_ALIASES, F.NEED, F.DESK),
    D.PROCURATORATE: (F.MATTER_TYPE, F.DESK),
}
"""By the type of the department; what is not named here is not told. What needs a consent or a legal basis beyond this is not told
either: households, names of parties, risk flags."""

ALIAS = "当事人"
"""What a package calls whoever it concerns."""
REPORTER = "反映人"


class Sources(NamedTuple):
    """What a package is made of."""

    words: Mapping[str, str]
    """The contents of the case, by field."""
    village: str
    """The name of the matter's region."""
    desk: str
    """Whom the department asks: the federation that sends it."""
    summary: str = ""
    """The officer's own words of what it is about."""


def may_ask(case: Case, custody: CustodyState | None, caller: Caller) -> bool:
    """An officer or chair who may read the narrative, or whose level has a line in the matter's thread. Of C2 the circle; of C3 nobody."""
    if case.case_class is CaseClass.C3 or caller.member in case.parties:
        return False
    if case.case_class is CaseClass.C2:
        return caller.member in case.circle
    involved = {entry.node for entry in custody.entries} if custody else set()
    reads = Tier.NARRATIVE in tiers(case, caller, custody)
    return any(
        grant.role in HANDLERS and contains(grant.region, case.village) and (grant.node in involved or reads)
        for grant in caller.grants
    )


def build(case: Case, department: DepartmentType, sources: Sources) -> tuple[PackageLine, ...]:
    """The lines of the whitelist that there is something to say of. The summary is the officer's own, else the one that the group may
    read; of what is open to all, else the narrative without names and numbers; of C2 the officer's or none."""
    words = sources.words
    closed = case.case_class is CaseClass.C2
    approved = "" if closed else words.get("summary", "")
    # Masking finds the names that the case knows, and no others: what somebody told of her own trouble is not passed on so.
    made = approved or (words.get("narrative", "") if case.case_class is CaseClass.C0 else "")
    summary = _masked(sources.summary or made, words)
    said: dict[PackageField, str] = {
        F.MATTER_TYPE: case.category.value if closed else f"{case.category.value} / {case.sub.value}",
        F.LOCATION: " ".join(part for part in (sources.village, _masked(words.get("place", ""), words)) if part),
        F.SUMMARY: summary,
        F.NEED: summary,
        F.URGENCY: case.urgency.value,
        F.DESK: sources.desk,
        F.REPORTER_CONTACT: words.get("reporter_phone", "") if case.may_contact else "",
        F.PARTY_ALIASES: ALIAS if words.get("subject_name") else "",
    }
    return tuple(
        PackageLine(field=field, text=said[field].strip()) for field in WHITELIST[department] if said[field].strip()
    )


def _masked(text: str, words: Mapping[str, str]) -> str:
    """Without the names that the case knows and the numbers that identify a person. The officer reads it before she sends it."""
    for field, alias in (("reporter_name", REPORTER), ("told_by", REPORTER), ("subject_name", ALIAS)):
        if name := words.get(field, "").strip():
            text = text.replace(name, alias)
    return pii.mask(text)
