"""Who holds a matter (domain 2, 2.4): the aggregate. What it makes of the facts that others tell is in `following`, what people do about
it in `ladder`, its clocks in `ticking`, what time brings in `timing`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.contracts.cases import CaseClass, Urgency
from services.contracts.clocks import DUTIES, ClockStage, MatterClock
from services.contracts.events.escalation import (
    CustodyEvent,
)
from services.contracts.ids import NodeId
from services.contracts.ladder import ActionType, ThreadMode
from services.contracts.orders import Rest
from services.contracts.organisation import federation_of, rights_department_of
from services.contracts.regions import Level, at_level
from services.contracts.states import CaseState, CustodyState, DocketStage, EntryState, LevelEntry
from services.escalation.rules.due import Due
from services.escalation.rules.limits import DEFAULT, Rules

UNLOOKED: Mapping[str, object] = {"vacant": None, "surfaced": None, "headless": False, "unsigned": None}
"""Of who may act nothing has been found yet."""


class Custody(CustodyState):
    """A custody as escalation keeps it: its public state, and what the clocks are counted from."""

    case_class: CaseClass
    urgency: Urgency
    windows: dict[str, Due] = {}
    """The windows behind the clocks; of levels that had the matter before as well, should it come back to them."""
    flagged: dict[str, datetime] = {}
    """What was told of the windows, each by its flag and its name, and of which: when that began. One that comes back is as it was."""
    lapse_at: datetime | None = None
    """When a call-back that nobody made lets the matter close."""
    lapsed: bool = False
    """Whether that has been told."""
    received_at: datetime | None = None
    """When the holder above the village received it: its first action is due from here."""
    relayed_at: datetime | None = None
    """When the answer last went one level down."""
    cure_since: datetime | None = None
    """Since when a refused pass-up waits to be put right."""
    returned_due: datetime | None = None
    """The date that came with it when it was handed back down."""
    suspended_at: datetime | None = None
    news_at: datetime | None = None
    """When all its reporters last heard something of it, or the work began again: the next news is due from here."""
    reported_at: datetime | None = None
    """When the supervised holder last did something, or the supervision began."""
    idle_to: NodeId | None = None
    """The level that must look after an idle council."""
    idle_at: datetime | None = None
    alerted: tuple[Level, ...] = ()
    """The levels that were told at once of what cannot wait, since it was opened: each of them once, whatever it knew before."""
    displaced: LevelEntry | None = None
    """The line that a level had in the thread before it was notified: cancelled, it has that one again."""
    before_merge: "Custody | None" = None
    """As it stood when it was merged into another: taken out again, it stands there."""
    unsigned: NodeId | None = None
    """The holder, while its chair is a party and the level above has been told that her officers sign."""
    council: DocketStage = DocketStage.NONE
    settled_at: datetime | None = None
    open_items: int = 0
    item_done: bool = False
    """Whether anything that the council has given somebody to do is done, interim items too."""
    done: tuple[ActionType, ...] = ()
    """What has been done about it, whichever level did it, since it was opened or last opened again, guidance too but no call that reached
    nobody: it fulfils duties (`duties`)."""
    fulfilled: tuple[ClockStage, ...] = ()
    """The duties that were done for good since then: none of them is owed again, wherever the matter goes."""
    duties_since: datetime | None = None
    """For which acceptance, or reopening, it is settled which duties it owes: the windows say which."""
    owes_by: str = DEFAULT
    """The profile by which it owes them: the last that told of what kind it is."""
    unnamed: bool = False
    """Whether its class keeps to itself by now of what kind it is, and the names of its duties with it."""
    for_funds: Due | None = None
    """The time that it may wait for funds in all; the last such rest ended at `funds_at`."""
    funds_at: datetime | None = None

    @property
    def rest(self) -> Rest | None:
        """The rest that it takes, and its work orders with it."""
        if self.suspended_until is None or self.suspended_for is None or self.suspended_at is None:
            return None
        return Rest(reason=self.suspended_for, since=self.suspended_at, until=self.suspended_until)

    def ends_by_itself(self, clock: MatterClock) -> bool:
        """Whether a clock ends in the lapse (GREEN, not drawn for a call-back): nobody owes anything, so nobody is late."""
        return clock.stage is ClockStage.CALL_BACK and self.lapse_at is not None and clock.due_at >= self.lapse_at

    def public(self) -> CustodyState:
        """What events carry."""
        kept = {name: getattr(self, name) for name in CustodyState.model_fields}
        clocks = tuple(each.model_copy(update={"stage": self.told(each.stage)}) for each in self.clocks)
        # From the class as it is now, which may have risen since.
        return CustodyState(**{**kept, "clocks": clocks, "private": self.case_class.private})

    def told(self, stage: ClockStage) -> ClockStage:
        """The name under which events speak of a clock."""
        return ClockStage.DUTY if self.unnamed and stage in DUTIES else stage

    def after(self, **changes: object) -> "Custody":
        """The custody one step on."""
        return self.model_copy(update={**changes, "version": self.version + 1})

    def node_at(self, level: Level) -> NodeId:
        """The node of a level: its federation; of a sealed matter's county, the rights department."""
        region = at_level(self.region, level)
        sealed = self.case_class is CaseClass.C3 and level is Level.COUNTY
        return rights_department_of(region) if sealed else federation_of(region)

    @property
    def highest(self) -> Level:
        """The highest level that held the matter since it was opened, or last opened again."""
        never = {EntryState.NOTIFIED, EntryState.INFORMED, EntryState.CLOSED}
        held = {entry.level for entry in self.entries if entry.state not in never} | {self.level}
        return max(held, key=list(Level).index)

    def level_at(self, node: NodeId) -> Level | None:
        """The level of a node of this matter's ladder; None if it is none of it."""
        return next((each for each in Level if each.width <= len(self.region) and self.node_at(each) == node), None)

    def with_entry(self, entry: LevelEntry) -> tuple[LevelEntry, ...]:
        """The thread with this line in its level's place, lowest level first."""
        others = [each for each in self.entries if each.level is not entry.level]
        return tuple(sorted([*others, entry], key=lambda each: list(Level).index(each.level)))

    def informed(self, level: Level) -> LevelEntry:
        """The line of a level that is told of it: the one that it has; one whose line ended when the matter was closed begins again, with
        what is remembered of it."""
        before = self.entry(level) or LevelEntry(level=level, node=self.node_at(level), state=EntryState.INFORMED)
        return before if self.knows(level) else before.model_copy(update={"state": EntryState.INFORMED})

    def alerting(self, *levels: Level) -> "Custody":
        """The custody once these levels are told at once: each has its line in the thread, and any of them may take it."""
        standing = self
        for level in levels:
            standing = standing.model_copy(update={"entries": standing.with_entry(standing.informed(level))})
        return standing.model_copy(update={"mode": ThreadMode.PARALLEL_URGENT, "alerted": (*standing.alerted, *levels)})

    def held_at(self, level: Level) -> "Custody":
        """The custody as it comes to a level: it has left whoever took it first, and no level supervises itself or those above it. Who may act
        there is another question than who might where it was."""
        entries = tuple(
            entry.model_copy(update={"supervising": entry.supervising and entry.level.width < level.width})
            for entry in self.entries
        )
        supervised = any(entry.supervising for entry in entries)
        left = {} if self.holder == self.node_at(level) else UNLOOKED
        return self.model_copy(
            update={
                **left,
                "holder": self.node_at(level),
                "level": level,
                "entries": entries,
                "taken": False,
                "reported_at": self.reported_at if supervised else None,
            }
        )

    def below(self) -> LevelEntry | None:
        """The nearest level below the holder's that has had the matter: it goes back to that one, not to one that never saw it."""
        lower = [entry for entry in self.entries if entry.level.width > self.level.width]
        return min(lower, key=lambda entry: entry.level.width, default=None)


Moved = tuple[Custody, tuple[CustodyEvent, ...]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a move rests on beside the custody: the case as intake last told it, the rules of its place, the cell's secret, the moment."""

    case: CaseState
    rules: Rules
    secret: bytes
    now: datetime
    bystanders: bool = False
    """Whether it is somebody else's matter to some of its reporters, who are told less than the others (V1)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "now", self.now.astimezone(UTC))  # as it is kept, whatever zone a clock thinks in
