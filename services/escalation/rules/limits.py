"""The table of time limits: stage x urgency x level x profile (domain 3.3, Appendix A). Read from files by `limits_file`.

A *profile* is the name of a set of limits. Events carry it in place of the sub-category, which would say too much of a C2
or C3 matter. Urgency and level are parameters of every question; a profile that says nothing of its own falls back to
`default`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from services.contracts.cases import Category, SubCategory, Urgency
from services.contracts.regions import Level
from services.escalation.rules.calendar import Calendar, WorkingHours
from services.escalation.rules.limit import Limit, Mark, Recurrence

DEFAULT = "default"


class Stage(StrEnum):
    """The steps of a matter that have a limit by urgency (3.3, first table; `cure` from 2.4)."""

    ACK = "ack"
    TRIAGE = "triage"
    MANDATORY_REPORT = "mandatory_report"
    MANDATORY_REPORT_ALERT = "mandatory_report_alert"
    COUNCIL = "council"
    INFORMATION = "information"
    RECEIPT = "receipt"
    CURE = "cure"
    FIRST_ACTION = "first_action"
    PROGRESS = "progress"
    FEEDBACK = "feedback"
    RELAY = "relay"
    CLOSE_UNANSWERED = "close_unanswered"
    SUPERVISED_REPORT = "supervised_report"
    CONSULT = "consult"


class OrderLimit(StrEnum):
    """The steps of a department work order that have a limit by urgency (3.3, third table; 2.5)."""

    SIGN = "sign"
    OBJECT = "object"
    OBJECTION_ANSWER = "objection_answer"
    FIRST_REPORT = "first_report"
    PROGRESS = "progress"
    COMPLETE = "complete"
    EXTENSION_TOTAL = "extension_total"
    EXTENSION_DECISION = "extension_decision"
    VERIFY = "verify"
    REWORK_MINIMUM = "rework_minimum"
    ART73_REPLY = "art73_reply"


class OrderMark(StrEnum):
    """From when on a step of supervision is possible (2.5)."""

    SUPERVISE_FROM = "supervise_from"
    LETTER_FROM = "letter_from"
    ART73_FROM = "art73_from"


class Share(StrEnum):
    """Parts of a window, or of the matters, as a number from 0 up."""

    CALLBACK_SAMPLE = "callback_sample"
    IDLE_UPPER_ACTION = "idle_upper_action"
    URGE_AT = "urge_at"


class Special(StrEnum):
    """Limits that only some profiles have (3.3, category overrides)."""

    BARRIER = "barrier"
    DV_SCREENING = "dv_screening"
    FIRST_CONTACT = "first_contact"
    SHELTER_ACTION = "shelter_action"
    VISIT = "visit"
    PLAN = "plan"
    INFORM_TOWNSHIP = "inform_township"
    VOICE_CONTACT = "voice_contact"
    LEGAL_AID_REFERRAL = "legal_aid_referral"
    LIMITATION_WARNING = "limitation_warning"
    STATUTORY_LIMITATION = "statutory_limitation"
    EMPLOYER_REPLY = "employer_reply"
    PURGE_PERSONAL_CONTENT = "purge_personal_content"
    FUNDING_PAUSE = "funding_pause"


class Recurring(StrEnum):
    """What some profiles owe again and again."""

    OBLIGATION_CHECK = "obligation_check"


class Raises(StrEnum):
    """Circumstances that raise the urgency of some profiles."""

    VIOLENCE_FLAG = "violence_flag_escalates_to"
    NO_SHELTER = "no_shelter_urgency"


class Widening(StrEnum):
    """Alerts that reach one level after another while nobody answers."""

    ACK_ALERT = "ack_alert"
    WIDEN = "widen"


class Key(NamedTuple):
    """Where a value stands: the section of the file, its name, and whom it holds for (urgency None: any)."""

    section: str
    name: str
    urgency: Urgency | None = None
    profile: str = DEFAULT


Value = Limit | Mark | Recurrence | Urgency | float | tuple[Limit, ...] | Mapping[Level, Limit] | None


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits that hold in one place. Every answer None means: there is no such limit for this urgency and profile."""

    values: Mapping[Key, Value]
    profiles: Mapping[SubCategory, str]
    hours: WorkingHours = field(default_factory=WorkingHours)
    version: str = ""

    def profile_of(self, sub_category: SubCategory) -> str:
        """The name that events carry in place of the sub-category."""
        return self.profiles.get(sub_category, DEFAULT)

    def stage(self, name: Stage, urgency: Urgency, profile: str = DEFAULT) -> Limit | None:
        """The limit of a step of the matter."""
        return _as_limit(self._find("stage", name, urgency, profile))

    def window(self, level: Level, urgency: Urgency, profile: str = DEFAULT) -> Limit:
        """A level's whole window: from acceptance in the village, from notification above it."""
        limit = _as_limit(self._find("level_window", level, urgency, profile))
        assert limit is not None, "the loader refuses a table without every level's window"
        return limit

    def work_order(self, name: OrderLimit, urgency: Urgency, profile: str = DEFAULT) -> Limit | None:
        """The limit of a step of a department work order."""
        return _as_limit(self._find("work_order", name, urgency, profile))

    def work_order_mark(self, name: OrderMark, urgency: Urgency, profile: str = DEFAULT) -> Mark | None:
        """From when on a work order may be supervised, written about, or met with an opinion."""
        found = self._find("work_order", name, urgency, profile)
        return found if isinstance(found, Mark) else None

    def extensions(self, urgency: Urgency, profile: str = DEFAULT) -> int:
        """How many extensions a work order may be granted."""
        found = self._find("work_order", "extension_count", urgency, profile)
        return int(found) if isinstance(found, float) else 0

    def share(self, name: Share, urgency: Urgency, profile: str = DEFAULT) -> float:
        """A part of a window (1.0 is all of it) or, for the call-back sample, of the matters; 1.0 where nothing is said."""
        section = "work_order" if name is Share.URGE_AT else "stage"
        found = self._find(section, name, urgency, profile)
        return found if isinstance(found, float) else 1.0

    def callbacks(self, urgency: Urgency, profile: str = DEFAULT) -> tuple[Limit, ...]:
        """The call-back that decides closing, then the visits after it; each counted from the feedback."""
        found = self._find("stage", "callback", urgency, profile)
        return found if isinstance(found, tuple) else ()

    def widening(self, name: Widening, urgency: Urgency, profile: str = DEFAULT) -> Mapping[Level, Limit]:
        """When which level is alerted, counted from the start."""
        found = self._find("stage", name, urgency, profile) or self._find("special", name, None, profile)
        return found if isinstance(found, Mapping) else {}

    def special(self, name: Special, profile: str = DEFAULT) -> Limit | None:
        """A limit of this profile alone."""
        return _as_limit(self._find("special", name, None, profile))

    def recurring(self, name: Recurring, profile: str = DEFAULT) -> Recurrence | None:
        """A repeated duty of this profile alone."""
        found = self._find("special", name, None, profile)
        return found if isinstance(found, Recurrence) else None

    def raised_to(self, name: Raises, profile: str = DEFAULT) -> Urgency | None:
        """The urgency to which a circumstance raises matters of this profile."""
        found = self._find("special", name, None, profile)
        return found if isinstance(found, Urgency) else None

    def reopen_window(self, category: Category) -> Limit:
        """How long after closing a matter may be reopened (2.1)."""
        found = self.values.get(Key("reopen_window", category)) or self.values[Key("reopen_window", DEFAULT)]
        limit = _as_limit(found)
        assert limit is not None, "the loader refuses a table without a default reopen window"
        return limit

    def _find(self, section: str, name: str, urgency: Urgency | None, profile: str) -> Value:
        own = Key(section, name, urgency, profile)
        return self.values[own] if own in self.values else self.values.get(Key(section, name, urgency))


def _as_limit(found: Value) -> Limit | None:
    return found if isinstance(found, Limit) else None


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds in one place: its limits (with its working hours) and its calendar."""

    limits: Limits
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules of every place, by region prefix; "" is the whole system. The longest match wins."""

    by_prefix: Mapping[str, Rules]

    def of(self, region: str) -> Rules:
        """The rules that hold in a region, given by its code."""
        return self.by_prefix[_longest(self.by_prefix, region)]


def _longest(prefixes: Iterable[str], region: str) -> str:
    return max((prefix for prefix in prefixes if region.startswith(prefix)), key=len)
