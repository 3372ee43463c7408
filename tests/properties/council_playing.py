"""A council at work on one matter, by deliberation's rules alone: every command with arguments drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random

from services.contracts.cases import CaseClass, Category, Stage, Urgency
from services.contracts.commands.deliberation import ON_A_MATTER
from services.contracts.council import (
    BlockReason,
    CloseReason,
    DecisionRule,
    InvitationAnswer,
    InviteeKind,
    SessionMode,
    SessionStage,
    Vote,
)
from services.contracts.events.deliberation import DocketEvent
from services.contracts.fitting_council import fitting_council, fitting_item, fitting_resolution, fitting_session
from services.contracts.organisation import council_of, federation_of
from services.contracts.regions import Level
from services.contracts.states import AccessState, CaseState, CustodyState
from services.deliberation.rules import item as items
from services.deliberation.rules import recusal
from services.deliberation.rules import resolution as resolutions
from services.deliberation.rules import session as sessions
from services.deliberation.rules.convening import By
from services.deliberation.rules.docket import Docket, Known, Moved, open_docket
from services.deliberation.rules.item import NewItem
from services.deliberation.rules.room import Listed
from tests.properties.playing import START, VILLAGE

CASE_ID = f"2101-{1:026d}"
CHAIR, EXEC, OTHER = "m_chair", "m_exec", "m_other"
PEOPLE = (CHAIR, EXEC, OTHER, "m_fourth", "m_helper")
DEPARTMENT = "n_dept-water"
COMMANDS = tuple(command.command_name() for command in ON_A_MATTER if command.command_name() != "AdmitMember")
OF_SESSION = (
    "Invite",
    "AnswerInvitation",
    "Speak",
    "Recuse",
    "LiftRecusal",
    "Adjourn",
    "CastVote",
    "Adopt",
    "CloseSession",
    "CancelSession",
)
OF_RESOLUTION = ("BlockResolution", "UnblockResolution", "SupersedeResolution", "RevokeResolution", "PublishResult")
OF_ITEM = (
    "AcceptItem",
    "DeclineItem",
    "ProgressItem",
    "FinishItem",
    "VerifyItem",
    "ReworkItem",
    "WaiveItem",
    "ReassignItem",
)

_ids = count(1)


def fresh(kind: str) -> str:
    """An id that nobody has had."""
    return f"{kind}_{next(_ids):026d}"


def by(member: str, region: str = VILLAGE) -> By:
    """Somebody who convenes at the council of a region."""
    return By(member, federation_of(region), council_of(region), member == CHAIR)


@dataclass
class CouncilPlay:
    """One matter before a council."""

    case: CaseState
    custody: CustodyState
    docket: Docket
    now: datetime = START
    told: list[DocketEvent] = field(default_factory=list)

    @classmethod
    def begin(cls, case_class: CaseClass, urgency: Urgency) -> "CouncilPlay":
        """A matter that was accepted."""
        case = CaseState(
            case_id=CASE_ID,
            version=2,
            number="",
            region=VILLAGE,
            case_class=case_class,
            category=Category.GOVERNANCE,
            urgency=urgency,
            stage=Stage.ACCEPTED,
            submitted_at=START,
            accepted_at=START,
        )
        custody = CustodyState(
            case_id=CASE_ID, version=1, region=VILLAGE, holder=federation_of(VILLAGE), level=Level.VILLAGE
        )
        docket, opened = open_docket(case, START)
        return cls(case, custody, docket, told=[opened])

    @property
    def known(self) -> Known:
        """What deliberation knows of it."""
        circle = (CHAIR, EXEC) if self.case.case_class is CaseClass.C2 else ()
        access = AccessState(
            case_id=CASE_ID, version=1, case_class=self.case.case_class, circle=circle, barred=("m_party",)
        )
        return Known(self.case, access, self.custody, self.now)

    def fits(self, command: str, part: str | None) -> bool:
        """Whether a command fits the matter, or the part of it that is meant."""
        known, docket = self.known, self.docket
        if command in OF_SESSION:
            session = docket.session(part or "")
            return session is not None and command in fitting_session(known.case, known.custody, session)
        if command in OF_RESOLUTION:
            resolution = docket.resolution(part or "")
            return resolution is not None and command in fitting_resolution(known.case, known.custody, resolution)
        if command in OF_ITEM:
            item = docket.item(part or "")
            return item is not None and command in fitting_item(known.case, known.custody, item)
        return command in fitting_council(known.case, known.custody, docket)

    def parts(self, command: str) -> Sequence[str]:
        """What a command may be about."""
        if command in OF_SESSION:
            return [each.id for each in self.docket.sessions]
        if command in OF_RESOLUTION:
            return [each.id for each in self.docket.resolutions]
        return [each.id for each in self.docket.items] if command in OF_ITEM else []

    def keep(self, moved: Moved) -> None:
        """Save as `Transaction.save` does: a version of its own for each fact, the last of which is what is kept."""
        docket, events = moved
        versions = [event.version for event in events]
        assert versions == list(range(self.docket.version + 1, docket.version + 1)), "versions grow by one"
        if events:
            assert events[-1].docket == docket.public()
        else:
            assert docket == self.docket, "what is told to nobody changes nothing"
        self.docket = docket
        self.told += events

    def attempt(self, command: str, part: str, random: Random, member: str) -> Moved:
        """What a command would do; nothing is kept. Raises Refused."""
        if command in OF_SESSION or command in {"PutToCouncil", "ScheduleSession", "OpenSession"}:
            return self._on_session(command, part, random, member)
        if command in OF_RESOLUTION:
            return self._on_resolution(command, part, random, member)
        return self._on_item(command, part, random, member)

    def _on_session(self, command: str, part: str, random: Random, member: str) -> Moved:
        docket, known, who = self.docket, self.known, by(member)
        soon = self.now + timedelta(hours=random.randint(1, 100))
        everybody = [Listed(each) for each in (CHAIR, EXEC, OTHER)]
        someone = random.choice(self._addresses(part) or [member])
        match command:
            case "PutToCouncil":
                return sessions.propose(docket, known, who, fresh("s"))
            case "ScheduleSession":
                mode = random.choice(list(SessionMode))
                return sessions.schedule(docket, known, who, None, fresh("s"), soon, mode, everybody)
            case "OpenSession":
                return sessions.open_session(docket, known, who, None, fresh("s"), None, everybody)
            case "Invite":
                kind = random.choice(list(InviteeKind))
                address = DEPARTMENT if kind is InviteeKind.DEPARTMENT else random.choice([*PEOPLE, "m_party"])
                return sessions.invite(docket, known, who, part, address, kind)
            case "AnswerInvitation":
                answer = random.choice(list(InvitationAnswer))
                other = random.choice(PEOPLE) if answer is InvitationAnswer.SUBSTITUTE else None
                return sessions.answer(docket, known, part, someone, answer, other)
            case "Speak":
                return sessions.speak(docket, known, part, member, someone)
            case "Recuse":
                return recusal.recuse(docket, known, part, someone)
            case "LiftRecusal":
                away = random.choice(sorted(docket.recused) or [someone])
                return recusal.lift(docket, known, who, part, away)
            case "Adjourn":
                return sessions.adjourn(docket, known, who, part, soon)
            case "CastVote":
                return sessions.vote(docket, known, part, someone, random.choice(list(Vote)))
            case "Adopt":
                rule = random.choice(list(DecisionRule))
                new = [self._new(random) for _ in range(random.randint(0, 2))]
                initiative = random.random() < 0.5
                earlier = [each.id for each in docket.resolutions if each.stage.stands and random.random() < 0.5]
                replaced = earlier[0] if earlier else None
                return resolutions.adopt(
                    docket, known, who, part, fresh("r"), rule, new, initiative=initiative, supersedes=replaced
                )
            case "CloseSession":
                return sessions.close(docket, known, who, part, CloseReason.NO_AGREEMENT)
            case _:
                return sessions.cancel(docket, known, who, part)

    def _on_resolution(self, command: str, part: str, random: Random, member: str) -> Moved:
        docket, known, who = self.docket, self.known, by(member)
        match command:
            case "BlockResolution":
                return resolutions.block(docket, known, who, part, random.choice(list(BlockReason)))
            case "UnblockResolution":
                return resolutions.unblock(docket, known, who, part)
            case "SupersedeResolution":
                return resolutions.supersede(
                    docket, known, who, part, docket.resolutions[-1].id if docket.resolutions else part
                )
            case "RevokeResolution":
                above = random.random() < 0.5
                revoker = by("m_officer", VILLAGE[:9]) if above else who
                sitting = next((each.id for each in docket.sessions if each.stage.sitting), None)
                return resolutions.revoke(docket, known, revoker, part, sitting)
            case _:
                return resolutions.publish(docket, known, who, part, 3)

    def _on_item(self, command: str, part: str, random: Random, member: str) -> Moved:
        docket, known, who = self.docket, self.known, by(member)
        match command:
            case "AssignItem":
                return items.assign(docket, known, who, self._new(random), None)
            case "AcceptItem":
                return items.accept(docket, known, part, member)
            case "DeclineItem":
                return items.decline(docket, known, part)
            case "ProgressItem":
                return items.progress(docket, known, part, member)
            case "FinishItem":
                return items.finish(docket, known, part, member, evidence=random.random() < 0.9)
            case "VerifyItem":
                return items.verify(docket, known, who, part, fresh("i"))
            case "ReworkItem":
                return items.rework(docket, known, who, part)
            case "WaiveItem":
                return items.waive(docket, known, who, part)
            case _:
                return items.reassign(docket, known, who, part, random.choice([*PEOPLE, "m_party"]), None)

    def _new(self, random: Random) -> NewItem:
        times = random.choice([1, 1, 1, 2])
        return NewItem(
            fresh("i"),
            random.choice([*PEOPLE, DEPARTMENT]),
            mandatory=random.random() < 0.8,
            every_days=7 if times > 1 else 0,
            times=times,
        )

    def _addresses(self, part: str) -> list[str]:
        session = next((each for each in self.docket.sessions if each.id == part), None)
        return [each.address for each in session.seats] if session else []

    def sits(self) -> bool:
        """Whether a session sits now."""
        return any(each.stage in {SessionStage.OPEN, SessionStage.DECIDING} for each in self.docket.sessions)
