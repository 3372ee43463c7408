"""Who asks, and about what: as far as permission goes."""

from enum import StrEnum
from typing import NamedTuple

from services.contracts.base import Model
from services.contracts.cases import CaseClass
from services.contracts.ids import MemberId, NodeId
from services.contracts.organisation import COUNCIL_ROLES, GROUP_ROLES, Role, council_of, federation_of
from services.contracts.regions import Level, RegionCode, level_of


class Grant(Model):
    """A role at a node, from the caller's verified token."""

    role: Role
    node: NodeId
    region: RegionCode

    @property
    def level(self) -> Level:
        """The level of the node's region."""
        return level_of(self.region)

    @property
    def public_node(self) -> NodeId:
        """The node that facts name: for a role held in a group, the federation of its village."""
        return federation_of(self.region) if self.role in GROUP_ROLES else self.node

    @property
    def in_council(self) -> bool:
        """Whether it makes her one of her region's council: its members, the executives, the owner of its own group (议事会群主)."""
        owns = self.role is Role.GROUP_OWNER and self.node == council_of(self.region)
        return owns or self.role in COUNCIL_ROLES


class Caller(Model):
    """Who asks, as her token says."""

    member: MemberId
    grants: tuple[Grant, ...] = ()


class Target(Model):
    """What a command is about, as far as permission goes."""

    region: RegionCode | None = None
    group: NodeId | None = None
    holder: NodeId | None = None
    """The node that is accountable for the matter, as far as the service knows."""
    holder_region: RegionCode | None = None
    """That node's region."""
    seen_from: int = 0
    """The width of the region codes from which the matter is seen as a row."""
    notified: NodeId | None = None
    """The level that the matter is on its way to."""
    involved: tuple[NodeId, ...] = ()
    """Every node that has a line in the matter's thread."""
    left_to_officers: NodeId | None = None
    """The node whose officers look after it: nobody may act where it is held, and no chair of this one may."""
    alerted: bool = False
    """Whether several levels were told of the matter at once, for the first of them to take it."""
    department: NodeId | None = None
    """The department whose work order this is."""
    people: tuple[MemberId, ...] = ()
    """Whom this is about by name: who was invited, who has a task."""
    invited: tuple[NodeId, ...] = ()
    """The departments and other nodes that a session or an item is about."""
    guests: tuple[MemberId | NodeId, ...] = ()
    """Everybody who is on the list of any of its sessions, or has a task: she knows of the matter, though this may not be about her."""
    case_class: CaseClass = CaseClass.C0
    reporters: tuple[MemberId, ...] = ()
    bystanders: tuple[MemberId, ...] = ()
    """Those of them who reported somebody else's matter."""
    circle: tuple[MemberId, ...] = ()
    barred: tuple[MemberId, ...] = ()

    @property
    def of_an_order(self) -> bool:
        """Whether this is a department's work order, which who knows of the matter need not know of."""
        return self.department is not None and self.department not in self.invited


class Reach(StrEnum):
    """How far a grant reaches."""

    GROUP = "GROUP"
    """The matter comes from the caller's own group."""
    SUBTREE = "SUBTREE"
    """The matter lies in the region of the caller's node. Downward only; never a sibling."""
    HOLDER = "HOLDER"
    """As SUBTREE, and the caller's node holds the matter, or she is of its handling circle and works at the level that holds it: levels
    that do not hold a matter see it and do not move it (domain 1.3 hard rule c)."""
    GROUP_HOLDER = "GROUP_HOLDER"
    """As GROUP, and the group's village holds the matter."""
    COUNCIL_HOLDER = "COUNCIL_HOLDER"
    """As SUBTREE, of the council of the region whose federation holds the matter; of a private one, if she is of its circle."""
    HOLDER_UP = "HOLDER_UP"
    """As INVOLVED, and the caller's node is the holder's or stands above it: who follows from below does not decide."""
    NOTIFIED = "NOTIFIED"
    """As SUBTREE, and the matter is on its way to the caller's node."""
    INVOLVED = "INVOLVED"
    """As SUBTREE, and the caller's node has a line in the matter's thread (follows, was informed, supervises, holds) or she is of its
    circle."""
    ALERTED = "ALERTED"
    """As INVOLVED, of a matter that several levels were alerted to at once: whoever is on duty there may take it, not the head alone."""
    ABOVE = "ABOVE"
    """As SUBTREE, and the caller's node stands above the one that holds the matter, which has surfaced to her level: what she may not
    see she may not do."""
    SURFACED = "SURFACED"
    """The matter has surfaced to the caller's node, as nobody below may act, and no chair of hers may."""
    DEPARTMENT = "DEPARTMENT"
    """The work order is the caller's own department's. She sees the order and not its matter, whatever its class."""
    NAMED = "NAMED"
    """The caller was invited, or has the task; her roles do not count."""
    COUNCIL = "COUNCIL"
    """The caller's node is the council of the matter's region: its own group owner (议事会群主)."""
    REPORTER = "REPORTER"
    """The caller reported the matter; her roles do not count."""
    SPEAKER = "SPEAKER"
    """As REPORTER, but of a matter that is not open to all, whose own it is: of somebody else's she learns no more than that it is
    concluded (V1), so she does not say how it went."""
    SELF = "SELF"
    """The command touches nothing but the caller's own."""


class Permission(NamedTuple):
    """One line of the table."""

    command: str
    role: Role | None
    levels: frozenset[Level]
    reach: Reach
