"""Who may ask what of a council, written by hand from the dossier (domain 1.3): for the oracle of `test_permission_table`."""

from typing import Any

from services.contracts.organisation import Role

SESSION = f"s_{0:026d}"
RESOLUTION = f"r_{0:026d}"
ITEM = f"i_{0:026d}"

COUNCIL_COMMANDS: dict[str, dict[str, Any]] = {
    "putToCouncil": {},
    "scheduleSession": {"at": "2030-01-10T09:00:00+08:00"},
    "openSession": {},
    "invite": {"sessionId": SESSION, "member": "m_helper"},
    "answerInvitation": {"sessionId": SESSION, "answer": "ACCEPT"},
    "speak": {"sessionId": SESSION, "text": "同意"},
    "recuse": {"sessionId": SESSION, "reason": "亲属"},
    "liftRecusal": {"sessionId": SESSION, "member": "m_helper", "reason": "并非亲属"},
    "adjourn": {"sessionId": SESSION, "until": "2030-01-10T09:00:00+08:00"},
    "castVote": {"sessionId": SESSION, "vote": "FOR"},
    "adopt": {"sessionId": SESSION, "rule": "CONSENSUS", "text": "决议", "initiative": "倡议"},
    "closeSession": {"sessionId": SESSION, "reason": "NO_AGREEMENT", "minutes": "纪要"},
    "cancelSession": {"sessionId": SESSION, "reason": "改期"},
    "blockResolution": {"resolutionId": RESOLUTION, "reason": "FUNDS"},
    "unblockResolution": {"resolutionId": RESOLUTION},
    "supersedeResolution": {"resolutionId": RESOLUTION, "by": RESOLUTION},
    "revokeResolution": {"resolutionId": RESOLUTION, "reason": "有误"},
    "assignItem": {"task": {"text": "查看", "member": "m_helper"}},
    "acceptItem": {"itemId": ITEM},
    "declineItem": {"itemId": ITEM, "reason": "不在家"},
    "progressItem": {"itemId": ITEM, "note": "一半"},
    "finishItem": {"itemId": ITEM, "evidence": "已办"},
    "verifyItem": {"itemId": ITEM},
    "reworkItem": {"itemId": ITEM, "reason": "没办完"},
    "waiveItem": {"itemId": ITEM, "reason": "不需要"},
    "reassignItem": {"itemId": ITEM, "member": "m_helper"},
    "admitMember": {"member": "m_helper", "until": "2027-01-10T09:00:00+08:00"},
}
"""Every command on a matter's council, with an input that is in order. Making a result public is a C0 matter's alone: see below."""

PUBLISH: dict[str, dict[str, Any]] = {"publishResult": {"resolutionId": RESOLUTION, "text": "公示"}}
MEMBERSHIPS: dict[str, dict[str, Any]] = {
    "confirmMembership": {"council": "n_council-nowhere", "department": "n_dept-nowhere"},
    "endMembership": {"council": "n_council-nowhere", "address": "m_helper"},
}
"""Of a council that nobody is a standing member of: whoever asks, there is none."""

BY_NAME = {
    *("answerInvitation", "speak", "castVote", "acceptItem", "declineItem", "progressItem", "finishItem"),
    *("confirmMembership", "endMembership"),
}
"""For who was invited, who has the item, whose membership it is; an office gives nobody these."""

_VILLAGE = {(role, "village") for role in (Role.COUNCIL_MEMBER, Role.EXEC_MEMBER, Role.CHAIR)}
_CHAIR = (Role.CHAIR, "village")
_OWNER = (Role.GROUP_OWNER, "council")

CONVENING = {
    *(
        "scheduleSession",
        "openSession",
        "invite",
        "recuse",
        "liftRecusal",
        "adjourn",
        "adopt",
        "closeSession",
        "cancelSession",
    ),
    *("assignItem", "reassignItem", "admitMember"),
}
"""What the owner of the council's own group may too (议事会群主)."""


def council_oracle() -> dict[str, set[tuple[Role, str]]]:
    """Which role at which place, of a C0 matter that its village holds."""
    found: dict[str, set[tuple[Role, str]]] = {
        name: set() if name in BY_NAME else {_CHAIR} for name in (*COUNCIL_COMMANDS, *PUBLISH, *MEMBERSHIPS)
    }
    for convening in CONVENING:
        found[convening] |= {_OWNER}
    found["putToCouncil"] = {(Role.GROUP_OWNER, "group"), _OWNER, *_VILLAGE}
    for judged in ("verifyItem", "reworkItem"):
        found[judged] = {(Role.EXEC_MEMBER, "village"), _CHAIR}
    return found


def council_by_class(case_class: str) -> dict[str, set[str]]:
    """Who of a place's people reaches the rule: of C2 the circle (the chair), of C3 nobody: no council ever hears of it."""
    if case_class == "C3":
        return {name: set() for name in COUNCIL_COMMANDS}
    found: dict[str, set[str]] = {name: set() if name in BY_NAME else {"chair"} for name in COUNCIL_COMMANDS}
    if case_class == "C1":
        for convening in CONVENING:
            found[convening] |= {"council_owner"}
        found["putToCouncil"] = {"owner", "council_owner", "council_member", "exec_member", "chair"}
        found["verifyItem"] = found["reworkItem"] = {"exec_member", "chair"}
    return found
