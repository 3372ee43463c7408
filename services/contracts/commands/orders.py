"""What may be asked of escalation about department work orders (交办单, domain 2.5)."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.contracts.callers import Caller
from services.contracts.commands.base import Command, MatterCommand
from services.contracts.disclosure import Package
from services.contracts.ids import AttachmentId, ExternalRef, NodeId, OrderId
from services.contracts.orders import PauseReason
from services.contracts.organisation import Role
from services.contracts.refusals import Code, Refused

Photos = Annotated[tuple[AttachmentId, ...], Field(max_length=100)]
MAX_DEPARTMENTS = 10
"""Departments of one joint order."""
MAX_DAYS = 60
"""Working days that can be asked for at all; the table of limits allows fewer."""


class IssueOrder(MatterCommand):
    """Give a matter to one or several departments, each with the package that intake has signed. Allowed to: officers and the chair of a
    level that has a line in the matter's thread, for departments of its own region; a village's chair writes letters only. Refused:
    NOT_WHEN_SEALED, LETTER_ONLY, WRONG_DEPARTMENT, PACKAGE_NOT_SIGNED, TEXT_MISSING, TEXT_TOO_LONG."""

    service: ClassVar[str] = "escalation"

    lead: Package
    """主办部门的告知内容（disclosurePackage 生成，原样交回）。The lead department's package, as disclosurePackage gave it."""
    co: Annotated[tuple[Package, ...], Field(max_length=MAX_DEPARTMENTS - 1)] = ()
    """协办部门的告知内容。The packages of assisting departments."""
    letter: bool = False
    """函询：不计时限。A letter of enquiry, without clocks."""
    legal_basis: str = ""
    """法律依据；函询可不填。The legal basis; a letter needs none."""
    demand: str = ""
    """办理要求。What is asked for."""


class OrderCommand(Command):
    """A command on one work order."""

    service: ClassVar[str] = "escalation"

    order_id: OrderId
    """交办单编号。The order's id."""
    expected_version: Annotated[int, Field(ge=1)] | None = None
    """您看到的版本；期间被他人更改则拒绝。The version you decided on; refused if somebody changed the order since."""

    @property
    def subject(self) -> str:
        return self.order_id

    def not_hers(self) -> Refused:
        """Of an order that is not her department's she cannot tell whether there is one (I11)."""
        return Refused(Code.NOT_FOUND, what="order")


class DepartmentCommand(OrderCommand):
    """A command of the order's own department."""

    external_ref: ExternalRef | None = None
    """部门系统自己的编号；同一部门以此防重。Your system's own name for this action: with it, once for the whole department."""

    def remembered_as(self, caller: Caller) -> tuple[str, str]:
        """Under the department and its own reference, so that another of its liaisons may retry. A liaison of several departments is
        remembered as herself: which of them she means cannot be told before the order is known."""
        departments = sorted({grant.node for grant in caller.grants if grant.role is Role.LIAISON})
        if self.external_ref is None or len(departments) != 1:
            return super().remembered_as(caller)
        return departments[0], self.external_ref


class SignOrder(DepartmentCommand):
    """The department takes it on. Allowed to: its liaisons."""


class ObjectToOrder(DepartmentCommand):
    """The department says that it is not its business: once, within the window, before it has begun. Allowed to: its liaisons. Refused:
    NO_OBJECTION, TEXT_MISSING, UNKNOWN_NODE."""

    reason: str
    """理由。Why."""
    legal_basis: str
    """法律依据。The legal basis."""
    suggested: NodeId
    """建议的主管部门（组织编号）。Which department is competent instead."""


class RequestExtension(DepartmentCommand):
    """The department asks for more time, before it is due. Allowed to: its liaisons. Refused: NO_EXTENSION, TEXT_MISSING."""

    days: Annotated[int, Field(ge=1, le=MAX_DAYS)]
    """延长的工作日数。Working days more."""
    reason: str
    """理由。Why."""


class ReportProgress(DepartmentCommand):
    """The department says how far it is; so it answers an opinion too. Allowed to: its liaisons. Refused: TEXT_MISSING."""

    note: str
    """进展。How far it is."""
    photos: Photos = ()
    """照片编号（POST /attachments?for=evidence）。Photos."""


class ReportDone(DepartmentCommand):
    """The department says that it is done; the lead only when every assisting department has. Allowed to: its liaisons. Refused:
    CO_ORDERS_OPEN, EVIDENCE_REQUIRED, TEXT_MISSING."""

    result: str
    """办理结果，作为证明。What was done."""
    photos: Photos = ()
    """照片编号（POST /attachments?for=evidence）。Photos of it."""
    reply: str = ""
    """给群众的答复；主办部门必填。The reply to the citizen; the lead department must give one."""
    internal_note: str = ""
    """内部说明，不给群众看。A note for the issuer alone."""


class ExplainImpossible(DepartmentCommand):
    """The department says that it cannot be done, for a legal or objective reason, and what it plans instead. Allowed to: its liaisons.
    Refused: CO_ORDERS_OPEN, TEXT_MISSING."""

    reason: str
    """法律或客观原因。The legal or objective reason."""
    plan: str
    """后续安排。What is planned instead."""
    reply: str = ""
    """给群众的答复；主办部门必填。The reply to the citizen; the lead department must give one."""


class MarkNotApplicable(DepartmentCommand):
    """An assisting department says that it has no part in it. Allowed to: its liaisons. Refused: CO_ONLY, TEXT_MISSING."""

    reason: str
    """理由。Why."""


class ReissueOrder(OrderCommand):
    """Give an order that met an objection to another department of the same region; one that assists and is given the lead has
    the lead's order alone. Allowed to: the issuer's officers and chair. Refused: WRONG_DEPARTMENT, HAS_A_PART, PACKAGE_NOT_SIGNED."""

    package: Package
    """另一部门的告知内容。The other department's package."""
    reason: str = ""
    """答复。The answer to the objection."""


class DesignateOrder(OrderCommand):
    """Answer an objection: it is this department's all the same. The order's clocks begin again, the matter's do not. Allowed to: the
    issuer's officers and chair. Refused: TEXT_MISSING."""

    reason: str
    """理由。Why."""


class DecideExtension(OrderCommand):
    """Grant or refuse more time; silence refuses. Allowed to: the issuer's officers and chair. Refused: NO_EXTENSION where the matter
    has become more urgent since, TEXT_MISSING."""

    granted: bool
    """是否同意。Whether it is granted."""
    reason: str
    """理由，告知部门。Why; the department is told."""


class VerifyOrder(OrderCommand):
    """It is done, as seen on site or from the evidence. Allowed to: the issuer's officers and chair, the village's chair; never who did
    the work. Refused: OWN_WORK."""

    note: str = ""
    """核验说明。What was seen."""
    photos: Photos = ()
    """照片编号（POST /attachments?for=evidence）。Photos of it."""


class ReworkOrder(OrderCommand):
    """It is not done: back to the department, with half its time; the second time it is supervised. Of a joint order whose lead was cancelled
    the department has the lead from now on, and owes the reply. Allowed to: the issuer's officers and chair. Refused: TEXT_MISSING."""

    reason: str
    """理由。Why."""


class UrgeOrder(OrderCommand):
    """Urge the department (催办). Allowed to: every level that has a line in the matter's thread."""

    note: str = ""
    """说明。Her words."""


class SuperviseOrder(OrderCommand):
    """Put the order under supervision (督办). Allowed to: officers and chairs of the levels that have a line in the matter's thread, from the
    township up. Refused: TEXT_MISSING."""

    reason: str
    """理由。Why."""


class GiveArt73Opinion(OrderCommand):
    """Give the department a supervisory opinion (督促处理意见, Women's Rights Law, Art. 73). Allowed to: federations at county level and
    above that have a line in the matter's thread; their chair signs by giving it herself. Refused: COUNTY_UP_ONLY, CHAIR_MUST_SIGN,
    NOT_YET, TEXT_MISSING."""

    facts: str
    """事实。The facts."""
    demand: str
    """要求。What is demanded."""


class RequestInspection(OrderCommand):
    """Ask the government of the same level to inspect (提请督查), after an opinion that was not answered or not enough. Allowed to: as of an
    opinion. Refused: COUNTY_UP_ONLY, CHAIR_MUST_SIGN, OPINION_FIRST, NOT_YET, TEXT_MISSING."""

    reason: str
    """理由。Why."""
    inadequate: bool = False
    """部门有答复但不足。The department has answered, and it is not enough."""


class PauseOrder(OrderCommand):
    """Pause the order's clocks; all pauses together give at most the time of the order once more. Not RED. Allowed to: the issuer's
    officers and chair. Refused: NOT_WHEN_RED, NO_PAUSE."""

    reason: PauseReason
    """理由代码。Why."""
    note: str = ""
    """说明。Her words."""


class ResumeOrder(OrderCommand):
    """Go on; the clocks run again. When the pause has used all it may give, it goes on by itself. Allowed to: the issuer's officers and
    chair."""


class CancelOrder(OrderCommand):
    """Take an order back; of a joint one the lead's last. Allowed to: the issuer's officers and chair. Refused: LEAD_LAST, TEXT_MISSING."""

    reason: str
    """理由，告知部门。Why; the department is told."""


DEPARTMENTS: tuple[type[DepartmentCommand], ...] = (
    SignOrder,
    ObjectToOrder,
    RequestExtension,
    ReportProgress,
    ReportDone,
    ExplainImpossible,
    MarkNotApplicable,
)
ISSUERS: tuple[type[OrderCommand], ...] = (
    ReissueOrder,
    DesignateOrder,
    DecideExtension,
    VerifyOrder,
    ReworkOrder,
    UrgeOrder,
    SuperviseOrder,
    GiveArt73Opinion,
    RequestInspection,
    PauseOrder,
    ResumeOrder,
    CancelOrder,
)
ORDERS: tuple[type[Command], ...] = (IssueOrder, *DEPARTMENTS, *ISSUERS)
