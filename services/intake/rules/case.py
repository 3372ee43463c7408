"""A case (domain 2.1): what intake keeps of it, and what it tells of it. What may happen to it is in `straight_way`, `course`, `secrecy`
and `joining`: each move gives the case after it and the facts to tell."""

from datetime import date, timedelta, timezone

from services.contracts.base import Model
from services.contracts.cases import CaseClass, FeedbackMethod, Relation, Stage, SubCategory, names_one
from services.contracts.events.intake import (
    CaseEvent,
)
from services.contracts.fitting import fitting
from services.contracts.ids import CaseId, MemberId, NodeId
from services.contracts.lifecycle import lifecycle
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level, RegionCode, at_level
from services.contracts.states import AccessState, CaseState, CustodyState

SHANGHAI = timezone(timedelta(hours=8))
"""China has one zone and no summer time."""

SEALED_PROFILE = "sealed"
"""The one profile of time limits that events name of a C3 matter."""


class Joined(Model):
    """A report that was joined with a matter: who reported it, who is a party to it, how its reporter must be told."""

    case_id: CaseId
    others: tuple[CaseId, ...] = ()
    """The reports that had been joined with that one."""
    reporters: tuple[MemberId, ...]
    bystanders: tuple[MemberId, ...] = ()
    writers: tuple[MemberId, ...] = ()
    answer_by: FeedbackMethod | None = None
    barred: tuple[MemberId, ...] = ()


class Case(CaseState):
    """A case as intake keeps it. What it adds to its public state never leaves this service as it stands here."""

    village: RegionCode
    sub: SubCategory
    group: NodeId
    relation: Relation
    reporters: tuple[MemberId, ...]
    """Who wrote this report. Who reported the matter beside her: `everyone`."""
    answer_joined: bool = False
    """Whether `answer_by` is that of a report that was joined with it, and not its own."""
    circle: tuple[MemberId, ...] = ()
    seated: tuple[MemberId, ...] = ()
    """Who came into the circle by her office, and leaves it with that; whom somebody named stays."""
    dismissed: tuple[MemberId, ...] = ()
    """Who was taken out of the circle: the ladder does not bring her back."""
    barred: tuple[MemberId, ...] = ()
    joined: tuple[Joined, ...] = ()
    merged_from: Stage | None = None
    """Where it stood when it was merged into another."""
    may_contact: bool = False
    """Whether a department that works on it may call the reporter."""
    score: int | None = None
    missed: tuple[date, ...] = ()
    """Days on which a call-back reached nobody."""
    withdrew: tuple[MemberId, ...] = ()
    """Those of its reporters who took it back."""

    @property
    def everyone(self) -> tuple[MemberId, ...]:
        """All who reported the matter: her who wrote this report, and those whose reports were joined with it."""
        return tuple(dict.fromkeys((*self.reporters, *(each for joined in self.joined for each in joined.reporters))))

    @property
    def bystanders(self) -> tuple[MemberId, ...]:
        """Those of them who reported somebody else's matter and nothing else of it (V1). A private matter is nobody's but its own people's:
        who did not say that it is hers is one of the others."""
        common = self.relation is Relation.COMMUNITY and not self.case_class.private
        own = set(self.reporters) if self.relation is Relation.OWN or common else set()
        own |= {each for joined in self.joined for each in joined.reporters if each not in joined.bystanders}
        return tuple(each for each in self.everyone if each not in own)

    @property
    def writers(self) -> tuple[MemberId, ...]:
        """Those of them who wrote down what others told, and nothing that is answered in their own inbox (S23)."""
        written = self.answer_by is not None and not self.answer_joined
        own = set() if written else set(self.reporters)
        own |= {each for joined in self.joined for each in joined.reporters if each not in joined.writers}
        return tuple(each for each in self.everyone if each not in own)

    @property
    def reports(self) -> tuple[CaseId, ...]:
        """All reports that go on as this matter."""
        return tuple(each for joined in self.joined for each in (joined.case_id, *joined.others))

    @property
    def parties(self) -> tuple[MemberId, ...]:
        """Who is barred from it: a party to any of the reports (I6)."""
        return tuple(dict.fromkeys((*self.barred, *(each for joined in self.joined for each in joined.barred))))

    @property
    def circled(self) -> bool:
        """Whether it is private, and open or a report that may be taken out again: its circle must have somebody to handle it."""
        return self.case_class.private and (self.stage is Stage.MERGED or not self.stage.ended)

    def leads(self, report: "Case") -> bool:
        """Whether its circle handles a report that goes on as it, too; else that one has people of its own."""
        return self.circled and any(each in self.circle for each in report.circle)

    def public(self) -> CaseState:
        """What events carry: of C2 no sub-category, of C3 nothing below the county and no public number; of neither a profile that says
        which of the sub-categories it is that its category may stand for."""
        sealed = self.case_class is CaseClass.C3
        fields = {name: getattr(self, name) for name in CaseState.model_fields}
        fields["region"] = at_level(self.village, Level.COUNTY) if sealed else self.village
        fields["sub_category"] = self.sub if self.case_class in {CaseClass.C0, CaseClass.C1} else None
        fields["number"] = "" if sealed else self.number
        if sealed:
            fields["profile"] = SEALED_PROFILE
        elif self.case_class is CaseClass.C2 and names_one(self.profile, self.category):
            fields["profile"] = "default"
        return CaseState(**fields)

    def access(self) -> AccessState:
        """Who may see it."""
        return AccessState(
            case_id=self.case_id,
            version=self.version,
            case_class=self.case_class,
            group=None if self.case_class is CaseClass.C3 else self.group,
            reporters=self.everyone,
            circle=self.circle,
            barred=self.parties,
            bystanders=self.bystanders,
            writers=self.writers,
            dismissed=self.dismissed,
        )

    def after(self, **changes: object) -> "Case":
        """The case one step on."""
        return self.model_copy(update={**changes, "version": self.version + 1})


Moved = tuple[Case, tuple[CaseEvent, ...]]


def in_hand(case: Case, custody: CustodyState | None) -> tuple[NodeId, ...]:
    """Who holds it, whom it is on its way to and who follows below, as far as custody was heard of. Of what is sealed the circle alone is
    told."""
    if case.case_class is CaseClass.C3 or custody is None or custody.holder is None:
        return ()
    below = [entry.node for entry in custody.entries if entry.level.width > custody.level.width]
    above = [custody.notified.node] if custody.notified else []
    return tuple(dict.fromkeys((custody.holder, *above, *below)))


def check_fits(command: str, case: Case, custody: CustodyState | None) -> None:
    """Raises Refused STATE_DOES_NOT_FIT, naming what does."""
    allowed = fitting(case, custody)
    if command not in allowed:
        state = lifecycle(case, None, custody)
        raise Refused(Code.STATE_DOES_NOT_FIT, allowed=allowed, state=state.value, command=command)
