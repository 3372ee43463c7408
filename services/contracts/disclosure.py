"""What a partner is told of a matter: a package, built by intake from the whitelist of its type, previewed by the officer who sends it, and
signed, so that nobody adds to it on the way (domain 1.4, V3)."""

import hashlib
import hmac
from enum import StrEnum

from services.contracts.base import Asked, Instant
from services.contracts.ids import CaseId, NodeId
from services.contracts.refusals import Code, Refused


class PackageField(StrEnum):
    """What a package may say, by name. Which department type gets which is intake's rule."""

    MATTER_TYPE = "MATTER_TYPE"
    LOCATION = "LOCATION"
    SUMMARY = "SUMMARY"
    URGENCY = "URGENCY"
    DESK = "DESK"
    REPORTER_CONTACT = "REPORTER_CONTACT"
    PARTY_ALIASES = "PARTY_ALIASES"
    PARTY_NAMES = "PARTY_NAMES"
    RISK_FLAGS = "RISK_FLAGS"
    HOUSEHOLD = "HOUSEHOLD"
    NEED = "NEED"


class PackageLine(Asked):
    """一项内容。One line of a package."""

    field: PackageField
    """哪一项。Which."""
    text: str
    """内容。What it says."""


class Package(Asked):
    """告知部门的内容，由收集平台按部门类型的白名单生成并签名。What a department is told; built and signed by intake."""

    department: NodeId
    """给哪个部门。For which department."""
    lines: tuple[PackageLine, ...]
    """各项内容。What it says."""
    built_at: Instant
    """生成时间。When it was built."""
    signature: str
    """签名。Intake's signature over all of it."""


def signature_of(
    secret: bytes, case_id: CaseId, department: NodeId, lines: tuple[PackageLine, ...], at: Instant
) -> str:
    """Keyed with the cell's secret, over the matter, the department, the moment and every line."""
    words = [case_id, department, at.isoformat(), *(f"{line.field} {line.text}" for line in lines)]
    return hmac.new(secret, "\x00".join(["package", *words]).encode(), hashlib.sha256).hexdigest()


def check_signed(secret: bytes, case_id: CaseId, package: Package) -> None:
    """Raises Refused PACKAGE_NOT_SIGNED for what intake has not built for this matter."""
    right = signature_of(secret, case_id, package.department, package.lines, package.built_at)
    if not hmac.compare_digest(right, package.signature):
        raise Refused(Code.PACKAGE_NOT_SIGNED)
