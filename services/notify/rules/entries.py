"""What an entry of an inbox says: kinds and the words of their templates, Chinese first. No personal text, ever."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What an entry says."""

    RECEIVED = "RECEIVED"
    NEW_MATTER = "NEW_MATTER"
    CONFIDENTIAL_PASSED = "CONFIDENTIAL_PASSED"
    ACCEPTED = "ACCEPTED"
    FEEDBACK = "FEEDBACK"
    RESULT = "RESULT"
    CLOSED = "CLOSED"
    OVERDUE = "OVERDUE"
    OVERDUE_BELOW = "OVERDUE_BELOW"
    SEALED_MATTER = "SEALED_MATTER"
    DAILY_DIGEST = "DAILY_DIGEST"
    HANDLED = "HANDLED"
    INFORMATION_ASKED = "INFORMATION_ASKED"
    INFORMATION_SUPPLIED = "INFORMATION_SUPPLIED"
    REJECTION_PROPOSED = "REJECTION_PROPOSED"
    REJECTED = "REJECTED"
    REDIRECTED = "REDIRECTED"
    WITHDRAWN = "WITHDRAWN"
    WITHDRAWAL_NOTED = "WITHDRAWAL_NOTED"
    REPORTER_WITHDREW = "REPORTER_WITHDREW"
    MERGED = "MERGED"
    MERGED_HERE = "MERGED_HERE"
    UNMERGED = "UNMERGED"
    REOPENED = "REOPENED"
    REOPENED_HERE = "REOPENED_HERE"
    URGENCY_RAISED = "URGENCY_RAISED"
    VISIT_OWED = "VISIT_OWED"
    PASSED_UP = "PASSED_UP"
    TO_SIGN = "TO_SIGN"
    TAKEN_BACK = "TAKEN_BACK"
    FOLLOW_UP = "FOLLOW_UP"
    SENT_BACK = "SENT_BACK"
    RETURNED = "RETURNED"
    TAKEN_OVER = "TAKEN_OVER"
    INFORMED = "INFORMED"
    ALERT = "ALERT"
    SUPERVISED = "SUPERVISED"
    RELAY_OWED = "RELAY_OWED"
    FEEDBACK_OWED = "FEEDBACK_OWED"
    REWORK = "REWORK"
    NUDGE = "NUDGE"
    IDLE_BELOW = "IDLE_BELOW"
    VACANT_BELOW = "VACANT_BELOW"
    CHAIR_BARRED = "CHAIR_BARRED"
    ESCALATED = "ESCALATED"
    PROGRESS = "PROGRESS"
    STILL_HANDLED = "STILL_HANDLED"
    PROGRESS_OWED = "PROGRESS_OWED"
    SUSPENDED = "SUSPENDED"
    SUSPENDED_HERE = "SUSPENDED_HERE"
    RESUMED = "RESUMED"
    RESUMED_HERE = "RESUMED_HERE"
    ORDER_ISSUED = "ORDER_ISSUED"
    ORDER_TO_SIGN = "ORDER_TO_SIGN"
    ORDER_REISSUED = "ORDER_REISSUED"
    ORDER_LEAD_CHANGED = "ORDER_LEAD_CHANGED"
    ORDER_SIGNED = "ORDER_SIGNED"
    ORDER_OBJECTED = "ORDER_OBJECTED"
    ORDER_PROGRESS = "ORDER_PROGRESS"
    ORDER_EXTENSION_ASKED = "ORDER_EXTENSION_ASKED"
    ORDER_EXTENSION_GRANTED = "ORDER_EXTENSION_GRANTED"
    ORDER_EXTENSION_DENIED = "ORDER_EXTENSION_DENIED"
    ORDER_REPORTED = "ORDER_REPORTED"
    ORDER_VERIFIED = "ORDER_VERIFIED"
    ORDER_REWORK = "ORDER_REWORK"
    ORDER_URGED = "ORDER_URGED"
    ORDER_SUPERVISED = "ORDER_SUPERVISED"
    ORDER_HEAD_WRITTEN = "ORDER_HEAD_WRITTEN"
    ORDER_OPINION = "ORDER_OPINION"
    ORDER_INSPECTION = "ORDER_INSPECTION"
    ORDER_OVERDUE = "ORDER_OVERDUE"
    ORDER_PAUSED = "ORDER_PAUSED"
    ORDER_RESUMED = "ORDER_RESUMED"
    ORDER_HASTENED = "ORDER_HASTENED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDER_YOURS = "ORDER_YOURS"
    ORDER_CLOSED = "ORDER_CLOSED"
    EXTENDED = "EXTENDED"
    SESSION_PROPOSED = "SESSION_PROPOSED"
    INVITED = "INVITED"
    SESSION_OPENED = "SESSION_OPENED"
    SESSION_ADJOURNED = "SESSION_ADJOURNED"
    SESSION_CLOSED = "SESSION_CLOSED"
    SESSION_CANCELLED = "SESSION_CANCELLED"
    SESSION_SILENT = "SESSION_SILENT"
    SESSION_NOT_OPENED = "SESSION_NOT_OPENED"
    SESSION_RESTRICTED = "SESSION_RESTRICTED"
    SESSION_LEFT = "SESSION_LEFT"
    RESOLUTION_ADOPTED = "RESOLUTION_ADOPTED"
    RESOLUTION_BLOCKED = "RESOLUTION_BLOCKED"
    NO_ANSWER = "NO_ANSWER"
    INVITATION_DECLINED = "INVITATION_DECLINED"
    RECUSED = "RECUSED"
    RECUSED_HERSELF = "RECUSED_HERSELF"
    RECUSAL_LIFTED = "RECUSAL_LIFTED"
    ITEM_ASSIGNED = "ITEM_ASSIGNED"
    ITEM_TO_REASSIGN = "ITEM_TO_REASSIGN"
    ITEM_TO_VERIFY = "ITEM_TO_VERIFY"
    ITEM_REWORK = "ITEM_REWORK"
    ITEM_CANCELLED = "ITEM_CANCELLED"
    RESULT_PUBLISHED = "RESULT_PUBLISHED"
    MEMBERSHIP_OFFERED = "MEMBERSHIP_OFFERED"
    MEMBERSHIP_BEGUN = "MEMBERSHIP_BEGUN"
    MEMBERSHIP_ENDED = "MEMBERSHIP_ENDED"


TITLES: Mapping[Kind, tuple[str, str]] = {
    Kind.RECEIVED: ("您反映的事项已收到", "Your matter was received"),
    Kind.NEW_MATTER: ("有新的事项待处理", "A new matter waits for you"),
    Kind.CONFIDENTIAL_PASSED: ("1 件保密事项已转交主席", "A confidential matter was passed to the chair"),
    Kind.ACCEPTED: ("您反映的事项已受理", "Your matter was accepted"),
    Kind.FEEDBACK: ("您反映的事项有了答复，请查看并评价", "Your matter has an answer: please read and rate it"),
    Kind.RESULT: ("群内事项办理结果", "Result of a matter of the group"),
    Kind.CLOSED: ("您反映的事项已办结", "Your matter is closed"),
    Kind.OVERDUE: ("事项已超期，请尽快处理", "A matter is overdue: act now"),
    Kind.OVERDUE_BELOW: ("下级有事项超期", "A matter below you is overdue"),
    Kind.SEALED_MATTER: ("有一件专办事项待处理", "A sealed matter waits for you"),
    Kind.HANDLED: ("事情已妥善处理，谢谢您的热心", "It has been taken care of: thank you for your concern"),
    Kind.INFORMATION_ASKED: ("您反映的事项需要补充情况", "Something is missing in your matter: please supply it"),
    Kind.INFORMATION_SUPPLIED: ("反映人已补充情况", "The reporter has supplied what was missing"),
    Kind.REJECTION_PROPOSED: ("群主建议不予受理，请决定", "A group's owner proposes to turn a matter down: decide"),
    Kind.REJECTED: (
        "您反映的事项不予受理，请查看理由和途径",
        "Your matter is not ours to handle: see why, and where to go",
    ),
    Kind.REDIRECTED: ("您反映的事项已转介，请查看去向", "Your matter was redirected: see where to"),
    Kind.WITHDRAWN: ("您反映的事项已撤回", "Your matter is withdrawn"),
    Kind.WITHDRAWAL_NOTED: ("您已撤回，事项依职权继续办理", "You withdrew; the matter goes on all the same"),
    Kind.REPORTER_WITHDREW: ("反映人已撤回事项", "A reporter has withdrawn"),
    Kind.MERGED: ("您反映的事项已与同一事项合并办理", "Your matter goes on together with others of the same"),
    Kind.MERGED_HERE: ("有事项已并入另一事项办理", "A matter goes on as another one"),
    Kind.UNMERGED: ("您反映的事项已改为单独办理", "Your matter goes on by itself again"),
    Kind.REOPENED: ("您反映的事项已重新办理", "Your matter is open again"),
    Kind.REOPENED_HERE: ("有事项重新办理", "A matter is open again"),
    Kind.URGENCY_RAISED: ("有事项的紧急程度提高", "A matter has become more urgent"),
    Kind.VISIT_OWED: (
        "代录事项已办理，请上门或电话反馈",
        "Solved: whoever told it must hear of it by a visit or by voice",
    ),
    Kind.PASSED_UP: ("下级上报了一件事项，请签收", "A matter was passed up to you: please receive it"),
    Kind.TO_SIGN: ("干部建议上报一件事项，请决定", "An officer proposes to pass a matter up: do it, or act on it here"),
    Kind.TAKEN_BACK: ("下级撤回了上报，无需签收", "A level below took its pass-up back: there is nothing to receive"),
    Kind.FOLLOW_UP: ("您上报的事项有新进展", "There is news of a matter that you passed up"),
    Kind.SENT_BACK: ("上级退回了上报，请补正", "The level above sent a matter back: please put it right"),
    Kind.RETURNED: ("上级交回了一件事项，附指导意见", "The level above handed a matter back, with instructions"),
    Kind.TAKEN_OVER: ("上级已提级办理，请继续跟进", "The level above has taken a matter over: please keep following"),
    Kind.INFORMED: ("下级知会了一件事项", "A level below lets you know of a matter"),
    Kind.ALERT: ("紧急：有一件事项需要立即处置", "Urgent: a matter needs somebody at once"),
    Kind.SUPERVISED: ("上级对一件事项进行督办，请每日报告", "A matter is supervised from above: report daily"),
    Kind.RELAY_OWED: ("事项已解决，请向下一级转达", "A matter is resolved: hand the answer down"),
    Kind.FEEDBACK_OWED: ("事项已解决，请向反映人反馈", "A matter is resolved: tell its reporter"),
    Kind.REWORK: ("事项被退回重办", "A matter came back: it is not done"),
    Kind.NUDGE: ("事项即将超期，请尽快议事或处理", "A matter is about to be overdue: deliberate, or act"),
    Kind.IDLE_BELOW: ("下级长期未议未办，请过问", "A council below has done nothing: please look into it"),
    Kind.VACANT_BELOW: ("下级无人任职或须回避，请过问其负责的事项", "Nobody below you may act: look after its matters"),
    Kind.CHAIR_BARRED: ("主席须回避，事项由干部办理签批", "A chair is a party to a matter: her officers act and sign"),
    Kind.ESCALATED: ("您反映的事项已由上级妇联受理", "A level above now handles your matter"),
    Kind.PROGRESS: ("您反映的事项有了办理进展，请查看", "You were told how your matter stands: please read it"),
    Kind.STILL_HANDLED: ("您反映的事项仍在办理中", "Your matter is still being handled"),
    Kind.PROGRESS_OWED: (
        "反映人久未得到消息，请告知办理进展",
        "The reporter has heard nothing for long: tell her how it stands",
    ),
    Kind.SUSPENDED: ("您反映的事项暂时中止办理", "Your matter rests for a while"),
    Kind.SUSPENDED_HERE: ("有事项暂时中止办理", "A matter rests for a while"),
    Kind.RESUMED: ("您反映的事项恢复办理", "Your matter goes on"),
    Kind.RESUMED_HERE: ("有事项恢复办理", "A matter goes on"),
    Kind.DAILY_DIGEST: ("今日办结事项汇总", "Matters solved today"),
    Kind.ORDER_ISSUED: ("有新的交办单，请签收", "A new work order: please sign"),
    Kind.ORDER_TO_SIGN: ("异议未被采纳，请签收交办单", "Your objection was answered: please sign the work order"),
    Kind.ORDER_REISSUED: ("异议成立，交办单已改派", "Your objection stands: the work order went to another department"),
    Kind.ORDER_LEAD_CHANGED: (
        "您协办的交办单已更换主办部门",
        "Another department leads a work order that you assist in",
    ),
    Kind.ORDER_SIGNED: ("部门已签收交办单", "The department signed the work order"),
    Kind.ORDER_OBJECTED: ("部门对交办单提出异议，请答复", "The department objects to the work order: please answer"),
    Kind.ORDER_PROGRESS: ("交办单有新进展", "There is progress on a work order"),
    Kind.ORDER_EXTENSION_ASKED: ("部门申请延期，请答复", "The department asks for more time: please answer"),
    Kind.ORDER_EXTENSION_GRANTED: ("延期申请已同意", "More time was granted"),
    Kind.ORDER_EXTENSION_DENIED: ("延期申请未获同意", "More time was not granted"),
    Kind.ORDER_REPORTED: ("部门已报告办理结果，请核验", "The department has reported: please verify"),
    Kind.ORDER_VERIFIED: ("交办单已核验", "The work order was verified"),
    Kind.ORDER_REWORK: ("交办单需要重办", "The work order must be done again"),
    Kind.ORDER_URGED: ("交办单催办", "The work order is urged"),
    Kind.ORDER_SUPERVISED: ("交办单已列入督办", "The work order is supervised"),
    Kind.ORDER_HEAD_WRITTEN: (
        "交办单逾期未报，已致函部门负责人",
        "Silent after its time: the department's head is written to",
    ),
    Kind.ORDER_OPINION: ("督促处理意见，请答复", "A supervisory opinion: please answer"),
    Kind.ORDER_INSPECTION: ("已提请政府督查", "The government was asked to inspect"),
    Kind.ORDER_OVERDUE: ("交办单有时限已过", "A time limit of a work order has passed"),
    Kind.ORDER_PAUSED: ("交办单已暂停计时", "The work order's clocks are paused"),
    Kind.ORDER_RESUMED: ("交办单恢复计时", "The work order's clocks run again"),
    Kind.ORDER_HASTENED: ("交办单更紧急，时限已提前", "The work order is more urgent: its time is shorter"),
    Kind.ORDER_CANCELLED: ("交办单已撤销", "The work order was cancelled"),
    Kind.ORDER_YOURS: ("原交办人须回避，交办单由您负责", "Whoever issued a work order may not act: it is yours now"),
    Kind.ORDER_CLOSED: ("交办单已办结", "The work order is closed"),
    Kind.EXTENDED: ("您反映的事项办理时限已延长", "More time was given for your matter"),
    Kind.SESSION_PROPOSED: ("有事项提请议事", "A matter was brought before the council"),
    Kind.INVITED: ("邀请您参加一次议事，请答复", "You are invited to a session: please answer"),
    Kind.SESSION_OPENED: ("您受邀的议事已开始", "A session you were invited to has begun"),
    Kind.SESSION_ADJOURNED: ("您参加的议事改日继续", "A session you take part in goes on another day"),
    Kind.SESSION_CLOSED: ("您参加的议事已结束", "A session you took part in is closed"),
    Kind.SESSION_CANCELLED: ("您受邀的议事已取消", "A session you were invited to is cancelled"),
    Kind.SESSION_SILENT: (
        "议事久无人发言，请推进、休会或结束",
        "A session has fallen silent: go on, adjourn or close it",
    ),
    Kind.SESSION_NOT_OPENED: (
        "约定的议事时间已过，请开始或结束",
        "A session has not begun at its time: open it, or end it",
    ),
    Kind.SESSION_RESTRICTED: ("议事名单已缩减，请查看谁还参加", "Fewer take part in a session now: see who does"),
    Kind.SESSION_LEFT: ("您不再参加一次议事", "You take part in a session no longer"),
    Kind.RESOLUTION_BLOCKED: ("决议长期受阻，请上报或重新议事", "A resolution stays blocked: pass it up, or meet anew"),
    Kind.RESOLUTION_ADOPTED: ("您参加的议事已形成决议", "A session you took part in has adopted a resolution"),
    Kind.NO_ANSWER: ("有受邀人未答复，请电话联系", "Somebody invited has not answered: please telephone"),
    Kind.INVITATION_DECLINED: ("有受邀人不能参加", "Somebody invited does not come"),
    Kind.RECUSED: ("召集人请您回避一次议事", "You were made to withdraw from a session, as related to a party"),
    Kind.RECUSED_HERSELF: ("有人回避一次议事", "Somebody has withdrawn from a session"),
    Kind.RECUSAL_LIFTED: ("您的回避已撤销，可以参加议事", "Your withdrawal is lifted: you may take part"),
    Kind.ITEM_ASSIGNED: ("有一个行动项交给您，请接受或谢绝", "An action item is yours: please accept or decline"),
    Kind.ITEM_TO_REASSIGN: ("有行动项无人承办，请改派", "An action item has nobody: please reassign it"),
    Kind.ITEM_TO_VERIFY: ("有行动项已报完成，请核验", "An action item is reported done: please verify it"),
    Kind.ITEM_REWORK: ("您的行动项需要重做", "Your action item is not done yet"),
    Kind.ITEM_CANCELLED: ("您的行动项不再需要办理", "Your action item is not needed any more"),
    Kind.RESULT_PUBLISHED: ("议事结果公示", "A result of the council is made public"),
    Kind.MEMBERSHIP_OFFERED: (
        "议事会邀请贵部门为常任成员，请确认",
        "A council offers your department a standing membership",
    ),
    Kind.MEMBERSHIP_BEGUN: ("您已成为议事会常任成员", "You are a standing member of a council"),
    Kind.MEMBERSHIP_ENDED: ("议事会常任成员任期已结束", "A standing membership of a council has ended"),
}
NEUTRAL = ("您的事项有新进展", "There is news of your matter")
"""All that a preview of a private matter says (V9)."""


class Told(NamedTuple):
    """One entry to write: to a member or a group's board, now or in the day's digest."""

    address: str
    kind: Kind
    digest: bool = False
    order_id: str = ""
    """The work order that it is about."""
    names_matter: bool = True
    """Whether the entry says which matter: a department's never does (V3)."""


OF_A_REPORTER = frozenset(
    {
        Kind.RECEIVED,
        Kind.ACCEPTED,
        Kind.FEEDBACK,
        Kind.CLOSED,
        Kind.INFORMATION_ASKED,
        Kind.REJECTED,
        Kind.REDIRECTED,
        Kind.WITHDRAWN,
        Kind.WITHDRAWAL_NOTED,
        Kind.MERGED,
        Kind.UNMERGED,
        Kind.REOPENED,
        Kind.ESCALATED,
        Kind.PROGRESS,
        Kind.STILL_HANDLED,
        Kind.SUSPENDED,
        Kind.RESUMED,
        Kind.EXTENDED,
    }
)
"""What a reporter is told of her matter: of a private one it says no more than that there is news."""
TO_A_BYSTANDER: Mapping[Kind, Kind] = {
    **{kind: kind for kind in (Kind.RECEIVED, Kind.ACCEPTED, Kind.CLOSED, Kind.INFORMATION_ASKED)},
    **{kind: kind for kind in (Kind.WITHDRAWN, Kind.WITHDRAWAL_NOTED)},
    **dict.fromkeys((Kind.PROGRESS, Kind.STILL_HANDLED), Kind.STILL_HANDLED),
    Kind.FEEDBACK: Kind.HANDLED,
    Kind.REJECTED: Kind.CLOSED,
    Kind.REDIRECTED: Kind.CLOSED,
}
"""What becomes of that for the reporter of somebody else's matter: received, being handled, concluded (V1); the rest is not for her."""


def title_of(kind: str, *, private: bool) -> tuple[str, str]:
    """The words of an entry, Chinese first."""
    return NEUTRAL if private and Kind(kind) in OF_A_REPORTER else TITLES[Kind(kind)]
