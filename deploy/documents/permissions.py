"""`docs/permissions.md`: who may ask what, from the one permission table."""

import re

from deploy.documents.markdown import both, code, page, table
from deploy.documents.words import REACHES
from gateway.value_words import WORDS
from services.contracts.callers import Permission
from services.contracts.names import zh
from services.contracts.organisation import Role
from services.contracts.permission_table import TABLE
from services.contracts.regions import Level

_LEVELS = {Level.VILLAGE: "村", Level.TOWNSHIP: "乡镇", Level.COUNTY: "县", Level.CITY: "市", Level.PROVINCE: "省"}


def role_name(role: Role | None) -> str:
    """A role as people call it, in both languages; None stands for whoever is reached in person."""
    if role is None:
        return both("不论身份", "whatever her roles")
    return both(role_zh(role), code(role.value))


def role_zh(role: Role) -> str:
    """A role in Chinese."""
    return re.split("[，。]", WORDS[Role][1][role.value])[0]


def permissions_page() -> str:
    """Command by role by level; a cell says how far the line reaches."""
    heads = ("操作 command", "身份 role", *(f"{_LEVELS[level]} {level.value.lower()}" for level in Level))
    return page(
        "权限 · Permissions",
        "一张表决定谁可以提出什么操作；令牌中的身份由网关和各服务分别核验。格中写明所及范围："
        + "、".join(f"{chinese}（{english}）" for chinese, english in REACHES.values())
        + "。范围只向下，不及同级。事项的密级、当事人回避、谁经办谁不核验等另由规则判断。",
        "One table decides who may ask for what; the gateway and every service check the token's roles again. A cell says how far the line "
        "reaches: downward only, never a sibling. Class, parties and who did the work narrow it further. A generated test plays every "
        "line of it, and every one that is not there.",
        table(heads, [_row(line) for line in TABLE]),
    )


def _row(line: Permission) -> list[str]:
    reach = both(*REACHES.get(line.reach, ("", line.reach.value)))
    levels = [reach if level in line.levels else "" for level in Level]
    return [both(zh(line.command), code(line.command)), role_name(line.role), *levels]
