"""Who holds which role where, as an operator's CSV says it: `member,node,role,since` and, where wanted, `until,deputy_for`.

The reader is lazy, and checks a row by itself; whether its node exists only intake knows. A row that fails is handed to ``refuse``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError

from deploy import csv_source
from services.contracts.ids import MemberId, NodeId
from services.contracts.organisation import Role

NEEDED = ("member", "node", "role", "since")
OPTIONAL = ("until", "deputy_for")

SHANGHAI = timezone(timedelta(hours=8))
_DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", re.ASCII)
_MEMBER: TypeAdapter[str] = TypeAdapter(MemberId)
_NODE: TypeAdapter[str] = TypeAdapter(NodeId)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One person's role at one node, and the line that it stands on."""

    line: int
    member: str
    node: str
    role: Role
    since: datetime
    until: datetime | None = None
    deputy_for: str | None = None


class BadMember(StrEnum):
    """Why a row is refused; the value is the sentence for the error file."""

    MISSING_COLUMN = "缺少 member、node、role 或 since 列 / the row lacks a member, node, role or since column"
    BAD_MEMBER = "人员编号须为 m_ 加 4 至 40 位小写字母、数字或连字符 / a member is m_ and 4 to 40 of a-z, 0-9 and -"
    BAD_NODE = "组织编号须为 n_ 加 2 至 60 位小写字母、数字或连字符 / a node is n_ and 2 to 60 of a-z, 0-9 and -"
    UNKNOWN_ROLE = "没有这种身份 / there is no such role; one of " + ", ".join(Role)
    BAD_SINCE = "起始须为日期（2026-01-31）或带时区的时间 / since must be a day (2026-01-31) or a time with its zone"
    BAD_UNTIL = "截止须为空、日期或带时区的时间 / until must be empty, a day or a time with its zone"
    BAD_DEPUTY = "被代理人须为空或人员编号 / deputy_for must be empty or a member"
    DUPLICATE = "同一人在同一组织的同一身份已在文件中 / this person's role at this node is in the file already"
    MALFORMED = "不是有效的 CSV 行，或列数多于表头 / not a readable CSV row, or more cells than the header has"


class MemberRowError(ValueError):
    """One refused row: ``line`` counts from 1 with the header. What stood there is not repeated: it may be about a person."""

    def __init__(self, line: int, reason: BadMember) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason.value} [{reason.name}]")


Refuse: TypeAlias = Callable[[MemberRowError], None]


def from_csv(path: Path, refuse: Refuse) -> Iterator[MemberRow]:
    """The sound rows. A day begins at midnight in Shanghai; `until` is the first moment out of office.

    Raises SourceError for a file without the header.
    """
    seen: set[tuple[str, str, Role]] = set()
    with csv_source.opened(path) as file:
        found = csv_source.rows(
            file,
            str(path),
            NEEDED,
            OPTIONAL,
            malformed=lambda line: refuse(MemberRowError(line, BadMember.MALFORMED)),
            short=lambda line: refuse(MemberRowError(line, BadMember.MISSING_COLUMN)),
        )
        for line, cells in found:
            row = _row(line, *cells)
            if isinstance(row, MemberRow) and (row.member, row.node, row.role) in seen:
                row = BadMember.DUPLICATE
            if isinstance(row, BadMember):
                refuse(MemberRowError(line, row))
                continue
            seen.add((row.member, row.node, row.role))
            yield row


def _row(
    line: int, member: str, node: str, role: str, since: str, until: str, deputy_for: str
) -> MemberRow | BadMember:
    if not _is(_MEMBER, member):
        return BadMember.BAD_MEMBER
    if not _is(_NODE, node):
        return BadMember.BAD_NODE
    if role not in set(Role):
        return BadMember.UNKNOWN_ROLE
    if (begins := _moment(since)) is None:
        return BadMember.BAD_SINCE
    ends = _moment(until) if until else None
    if until and ends is None:
        return BadMember.BAD_UNTIL
    if deputy_for and not _is(_MEMBER, deputy_for):
        return BadMember.BAD_DEPUTY
    return MemberRow(line, member, node, Role(role), begins, ends, deputy_for or None)


def _is(kind: TypeAdapter[Any], text: str) -> bool:
    try:
        kind.validate_python(text)
    except ValidationError:
        return False
    return True


def _moment(text: str) -> datetime | None:
    try:
        if day := _DAY.fullmatch(text):
            year, month, of_month = map(int, day.groups())
            return datetime(year, month, of_month, tzinfo=SHANGHAI)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
