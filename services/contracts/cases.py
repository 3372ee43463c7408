"""The words for a matter: class, urgency, category, stage (domain 1.4, 1.5, 2.1)."""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple


class CaseClass(StrEnum):
    """Who may know of a matter at all (domain 1.4)."""

    C0 = "C0"
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"

    @property
    def private(self) -> bool:
        """Whether such a matter is nobody's but its own people's."""
        return self in {CaseClass.C2, CaseClass.C3}


class Urgency(StrEnum):
    """How fast (domain 3.3); most urgent first."""

    RED = "RED"
    ORANGE = "ORANGE"
    YELLOW = "YELLOW"
    GREEN = "GREEN"

    def before(self, other: "Urgency") -> bool:
        """Whether this goes first."""
        order = list(Urgency)
        return order.index(self) < order.index(other)


class Category(StrEnum):
    """Which right a matter is about: the five reporting categories and the two chapters of the law beside them."""

    PERSONAL = "PERSONAL"
    PROPERTY = "PROPERTY"
    MARRIAGE_FAMILY = "MARRIAGE_FAMILY"
    LABOUR_SOCIAL = "LABOUR_SOCIAL"
    GOVERNANCE = "GOVERNANCE"
    POLITICAL = "POLITICAL"
    EDUCATION = "EDUCATION"
    OTHER = "OTHER"


class Default(NamedTuple):
    """What a sub-category is taken for until somebody says otherwise."""

    category: Category
    case_class: CaseClass
    urgency: Urgency


class SubCategory(StrEnum):
    """The finer tree. Of a C2 or C3 matter it never leaves intake (design 3: what events never carry)."""

    DOMESTIC_VIOLENCE = "DOMESTIC_VIOLENCE"
    SEXUAL_HARM = "SEXUAL_HARM"
    TRAFFICKING = "TRAFFICKING"
    STALKING_PRIVACY = "STALKING_PRIVACY"
    MINOR_VICTIM = "MINOR_VICTIM"
    MISSING_PERSON = "MISSING_PERSON"
    VICTIM_FAMILY_AID = "VICTIM_FAMILY_AID"
    SELF_HARM_RISK = "SELF_HARM_RISK"
    LAND_CONTRACT = "LAND_CONTRACT"
    COLLECTIVE_INCOME = "COLLECTIVE_INCOME"
    HOMESTEAD = "HOMESTEAD"
    COMPENSATION = "COMPENSATION"
    MARITAL_PROPERTY = "MARITAL_PROPERTY"
    INHERITANCE = "INHERITANCE"
    DEBT = "DEBT"
    MARITAL_CONFLICT = "MARITAL_CONFLICT"
    DIVORCE = "DIVORCE"
    CUSTODY_SUPPORT = "CUSTODY_SUPPORT"
    ELDER_CARE = "ELDER_CARE"
    IN_LAW = "IN_LAW"
    PARENTING = "PARENTING"
    PREGNANCY_DISCRIMINATION = "PREGNANCY_DISCRIMINATION"
    WAGES = "WAGES"
    DISMISSAL = "DISMISSAL"
    WORK_HARASSMENT = "WORK_HARASSMENT"
    SOCIAL_INSURANCE = "SOCIAL_INSURANCE"
    DISABILITY_SERVICE = "DISABILITY_SERVICE"
    MEDICAL_HARDSHIP = "MEDICAL_HARDSHIP"
    SAFETY_HAZARD = "SAFETY_HAZARD"
    UTILITIES = "UTILITIES"
    PUBLIC_FACILITY = "PUBLIC_FACILITY"
    ENVIRONMENT = "ENVIRONMENT"
    CHILDCARE_SERVICE = "CHILDCARE_SERVICE"
    CULTURE_SPORT = "CULTURE_SPORT"
    SUGGESTION = "SUGGESTION"
    ELECTION = "ELECTION"
    VILLAGE_RULES = "VILLAGE_RULES"
    SCHOOLING = "SCHOOLING"
    TRAINING = "TRAINING"
    OTHER = "OTHER"

    @property
    def default(self) -> Default:
        """Category, class and urgency by default (domain 1.5 and Appendix A)."""
        return _DEFAULTS[self]

    @property
    def profile(self) -> str:
        """The name of its time limits, which events carry instead of the sub-category (design 3). The limits' own file says
        the same; a test compares."""
        return next((name for name, members in PROFILES.items() if self in members), "default")


_TREE: dict[Category, str] = {
    Category.PERSONAL: "DOMESTIC_VIOLENCE C3 RED, SEXUAL_HARM C3 RED, TRAFFICKING C3 RED, STALKING_PRIVACY C3 ORANGE,"
    "MINOR_VICTIM C3 RED, MISSING_PERSON C3 RED, VICTIM_FAMILY_AID C1 ORANGE, SELF_HARM_RISK C3 RED",
    Category.PROPERTY: "LAND_CONTRACT C1 YELLOW, COLLECTIVE_INCOME C1 YELLOW, HOMESTEAD C1 YELLOW, COMPENSATION C1 YELLOW,"
    "MARITAL_PROPERTY C2 YELLOW, INHERITANCE C1 YELLOW, DEBT C2 YELLOW",
    Category.MARRIAGE_FAMILY: "MARITAL_CONFLICT C2 YELLOW, DIVORCE C2 YELLOW, CUSTODY_SUPPORT C2 YELLOW,"
    "ELDER_CARE C1 YELLOW, IN_LAW C1 YELLOW, PARENTING C2 YELLOW",
    Category.LABOUR_SOCIAL: "PREGNANCY_DISCRIMINATION C2 YELLOW, WAGES C1 YELLOW, DISMISSAL C2 YELLOW,"
    "WORK_HARASSMENT C3 ORANGE, SOCIAL_INSURANCE C1 GREEN, DISABILITY_SERVICE C1 YELLOW, MEDICAL_HARDSHIP C1 ORANGE",
    Category.GOVERNANCE: "SAFETY_HAZARD C0 ORANGE, UTILITIES C0 ORANGE, PUBLIC_FACILITY C0 YELLOW, ENVIRONMENT C0 YELLOW,"
    "CHILDCARE_SERVICE C0 GREEN, CULTURE_SPORT C0 GREEN, SUGGESTION C0 GREEN",
    Category.POLITICAL: "ELECTION C1 YELLOW, VILLAGE_RULES C1 YELLOW",
    Category.EDUCATION: "SCHOOLING C1 YELLOW, TRAINING C0 GREEN",
    Category.OTHER: "OTHER C1 YELLOW",
}
_DEFAULTS = {
    SubCategory(name): Default(category, CaseClass(case_class), Urgency(urgency))
    for category, entries in _TREE.items()
    for name, case_class, urgency in (entry.split() for entry in entries.split(","))
}


_S = SubCategory
PROFILES: dict[str, frozenset[SubCategory]] = {
    "sealed": frozenset(sub for sub, default in _DEFAULTS.items() if default.case_class is CaseClass.C3),
    "couple": frozenset({_S.MARITAL_CONFLICT, _S.DIVORCE}),
    "children": frozenset({_S.CUSTODY_SUPPORT, _S.PARENTING}),
    "employment": frozenset({_S.WAGES, _S.DISMISSAL, _S.PREGNANCY_DISCRIMINATION}),
    "land": frozenset({_S.LAND_CONTRACT, _S.COLLECTIVE_INCOME, _S.HOMESTEAD, _S.COMPENSATION}),
    "elders": frozenset({_S.ELDER_CARE, _S.IN_LAW}),
    "bereaved": frozenset({_S.VICTIM_FAMILY_AID}),
    "hardship": frozenset({_S.MEDICAL_HARDSHIP}),
    "disability": frozenset({_S.DISABILITY_SERVICE}),
    "hazard": frozenset({_S.SAFETY_HAZARD}),
    "utilities": frozenset({_S.UTILITIES}),
    "facility": frozenset({_S.PUBLIC_FACILITY}),
}


def names_one(profile: str, category: Category) -> bool:
    """Whether of a C2 matter a profile says, beside the category, which sub-category it is of several. What is sealed stays sealed, so
    it is none of those."""
    possible = {sub for sub, default in _DEFAULTS.items() if default.category is category}
    possible -= {sub for sub in possible if sub.default.case_class is CaseClass.C3}
    return len(possible) > 1 and len(possible & PROFILES.get(profile, frozenset())) == 1


PUBLIC_HAZARDS = frozenset({_S.SAFETY_HAZARD, _S.UTILITIES})
"""What endangers everybody goes on though its reporter withdraws (S16)."""
MUST_BE_REPORTED = frozenset({_S.MINOR_VICTIM})
"""By law reported to the police, whatever the reporter wishes (domain 0.14)."""

REOPEN_WINDOW: dict[Category | None, timedelta] = {
    None: timedelta(days=90),
    Category.PERSONAL: timedelta(days=365),
    Category.MARRIAGE_FAMILY: timedelta(days=365),
}
"""How long after its end a matter may be reopened; None: any other category. The limits' own file says the same; a test compares."""
UNMERGE_WINDOW = timedelta(days=7)
"""How long after it a merge may be undone (S13)."""


def reopen_window(category: Category) -> timedelta:
    """How long after its end a matter of this category may be reopened (domain 2.1)."""
    return REOPEN_WINDOW.get(category, REOPEN_WINDOW[None])


class Stage(StrEnum):
    """Intake's own steps of a case. What people see is `lifecycle.Lifecycle`, over the facts of three services."""

    SUBMITTED = "SUBMITTED"
    RETURNED_FOR_INFO = "RETURNED_FOR_INFO"
    ACCEPTED = "ACCEPTED"
    FEEDBACK_GIVEN = "FEEDBACK_GIVEN"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    REDIRECTED = "REDIRECTED"
    WITHDRAWN = "WITHDRAWN"
    MERGED = "MERGED"

    @property
    def ended(self) -> bool:
        """No holder and no clock any more (though it may be reopened)."""
        return self in {Stage.CLOSED, Stage.REJECTED, Stage.REDIRECTED, Stage.WITHDRAWN, Stage.MERGED}


class Outcome(StrEnum):
    """How a matter ended."""

    SOLVED = "SOLVED"
    PARTLY = "PARTLY"
    EXPLAINED = "EXPLAINED"
    NO_SOLUTION = "NO_SOLUTION"
    REFERRED = "REFERRED"
    NO_RESPONSE = "NO_RESPONSE"


class Relation(StrEnum):
    """Whose matter the reporter brings (domain 0.4: reporter is not subject)."""

    OWN = "OWN"
    ANOTHERS = "ANOTHERS"
    COMMUNITY = "COMMUNITY"


class FeedbackMethod(StrEnum):
    """How the answer reached the person who spoke."""

    APP = "APP"
    IN_PERSON = "IN_PERSON"
    VOICE = "VOICE"
    VISIT = "VISIT"


class RejectReason(StrEnum):
    """Why a matter is not ours to handle; the proper channel is always named beside it (S18; Weifang 19, Beijing 11)."""

    IN_LITIGATION = "IN_LITIGATION"
    IN_PETITION = "IN_PETITION"
    IN_ARBITRATION = "IN_ARBITRATION"
    ALREADY_ANSWERED = "ALREADY_ANSWERED"
    NOT_LAWFUL = "NOT_LAWFUL"
    NOT_A_MATTER = "NOT_A_MATTER"
    OTHER_AUTHORITY = "OTHER_AUTHORITY"
    TEST = "TEST"


class RejectionFinding(StrEnum):
    """What a level above found when it looked at a rejection (domain 2.1: a tenth is sampled)."""

    UPHELD = "UPHELD"
    REOPENED = "REOPENED"


class Channel(StrEnum):
    """Where a matter belongs instead: emergency and service lines, and the court (domain 2.1 redirect)."""

    POLICE_110 = "POLICE_110"
    FIRE_119 = "FIRE_119"
    AMBULANCE_120 = "AMBULANCE_120"
    WOMEN_12338 = "WOMEN_12338"
    CITIZEN_12345 = "CITIZEN_12345"
    LEGAL_AID_12348 = "LEGAL_AID_12348"
    COURT = "COURT"
    PETITION_OFFICE = "PETITION_OFFICE"
    ARBITRATION = "ARBITRATION"
