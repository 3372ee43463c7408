"""What the council's codes are called, for `gateway.words`: Chinese first, English beside."""

from enum import Enum

from services.contracts.council import (
    BlockReason,
    CloseReason,
    DecisionRule,
    InvitationAnswer,
    InviteeKind,
    ItemStage,
    MembershipStage,
    ResolutionStage,
    SessionMode,
    SessionStage,
    Vote,
)
from services.contracts.disclosure import PackageField

COUNCIL_WORDS: dict[type[Enum], tuple[str, dict[str, str]]] = {
    SessionStage: (
        "议事状态。Where a session stands.",
        {
            "PROPOSED": "已提请。Brought before the council.",
            "SCHEDULED": "已安排。It has a time.",
            "OPEN": "进行中。It sits.",
            "ADJOURNED": "休会。It goes on another day.",
            "DECIDING": "表决中。Votes are being cast.",
            "CLOSED_RESOLVED": "已形成决议。Closed with a resolution.",
            "CLOSED_NO_RESOLUTION": "未形成决议。Closed without one.",
            "CANCELLED": "已取消。Called off.",
        },
    ),
    SessionMode: (
        "议事方式。How a session meets.",
        {
            "ASYNC_CHAT": "线上讨论，不限时。In a chat, at any time.",
            "ONLINE_MEETING": "视频会议。By video.",
            "ON_SITE": "现场。On site.",
            "MIXED": "现场与线上结合。On site and online.",
        },
    ),
    InviteeKind: (
        "以什么身份参加。As what somebody takes part.",
        {
            "MEMBER": "议事成员，有表决权。A member, with a vote.",
            "DEPARTMENT": "部门。A department.",
            "EXPERT": "咨询师、调解员、律师。A counsellor, mediator or lawyer.",
            "HELPER": "热心群众。A helper.",
        },
    ),
    InvitationAnswer: (
        "对邀请的答复。What an invited person answers.",
        {
            "ACCEPT": "参加。She comes.",
            "DECLINE": "不参加。She does not come.",
            "SUBSTITUTE": "改派他人。She sends somebody else.",
        },
    ),
    Vote: ("表决。A vote.", {"FOR": "赞成。For.", "AGAINST": "反对。Against.", "ABSTAIN": "弃权。Neither."}),
    DecisionRule: (
        "决定方式。How a session decides.",
        {
            "CONSENSUS": "协商一致。Nobody is against.",
            "VOTE": "简单多数，平票由召集人决定。A simple majority; of a tie the convenor decides.",
            "CHAIR_DECIDES": "主席决定，限特急、紧急。The chair; of RED and ORANGE matters only.",
        },
    ),
    CloseReason: (
        "未形成决议的理由。Why a session ended without a resolution.",
        {
            "NO_AGREEMENT": "意见不一。No agreement.",
            "NO_QUORUM": "未达法定人数。No quorum.",
            "BEYOND_COMPETENCE": "超出本级职权。Beyond the level's competence.",
            "DEPARTMENT_ABSENT": "部门未到。A department did not come.",
            "SETTLED_OTHERWISE": "已另行解决。Settled otherwise.",
            "MATTER_OVER": "事项已了结（系统）。The matter was over; said by the system.",
        },
    ),
    ResolutionStage: (
        "决议状态。Where a resolution stands.",
        {
            "IN_EXECUTION": "执行中。Being carried out.",
            "BLOCKED": "受阻。Blocked.",
            "COMPLETED": "已完成。Completed.",
            "PARTLY_COMPLETED": "部分完成。Partly completed.",
            "FAILED": "未能完成。Failed.",
            "SUPERSEDED": "已被取代。Superseded.",
            "REVOKED": "已撤销。Revoked.",
        },
    ),
    BlockReason: (
        "决议缺什么。What a resolution waits for.",
        {"FUNDS": "经费。Funds.", "AUTHORITY": "职权。Authority.", "CONSENT": "当事人同意。Consent."},
    ),
    ItemStage: (
        "行动项状态。Where an action item stands.",
        {
            "ASSIGNED": "已分派。Assigned.",
            "ACCEPTED": "已接受。Accepted.",
            "IN_PROGRESS": "进行中。In progress.",
            "DONE": "已报完成。Reported done.",
            "REWORK": "重做中。To be done again.",
            "VERIFIED": "已核验。Verified.",
            "DECLINED": "已谢绝。Declined.",
            "WAIVED": "已免除。Let go.",
            "CANCELLED": "已取消。Not needed any more.",
        },
    ),
    MembershipStage: (
        "常任成员状态。Where a standing membership stands.",
        {"OFFERED": "待部门确认。Offered.", "CONFIRMED": "已确认。Confirmed."},
    ),
    PackageField: (
        "告知内容的项目。What a disclosure package may say.",
        {
            "MATTER_TYPE": "事项类型。The kind of matter.",
            "LOCATION": "地点。The place.",
            "SUMMARY": "摘要。The redacted summary.",
            "URGENCY": "紧急程度。Its urgency.",
            "DESK": "妇联值班电话。The federation's desk.",
            "REPORTER_CONTACT": "反映人联系方式。The reporter's contact.",
            "PARTY_ALIASES": "当事人化名。Aliases of the parties.",
            "PARTY_NAMES": "当事人姓名。Names of the parties.",
            "RISK_FLAGS": "风险提示。Risks.",
            "HOUSEHOLD": "家庭情况。The household.",
            "NEED": "需求。What is needed.",
        },
    ),
}
