"""What every value of every enum of the schema means: Chinese first, English beside."""

from enum import Enum

from services.contracts.cases import (
    CaseClass,
    Category,
    Channel,
    FeedbackMethod,
    Outcome,
    RejectionFinding,
    RejectReason,
    Relation,
    SubCategory,
    Urgency,
)
from services.contracts.ladder import ActionType, NoteKind, PassUpReason, RefusalReason, SuspendReason
from services.contracts.lifecycle import Lifecycle
from services.contracts.organisation import NodeKind, Role
from services.contracts.queries import LineFate
from services.contracts.regions import Level
from services.contracts.states import DocketStage, EntryState

WORDS: dict[type[Enum], tuple[str, dict[str, str]]] = {
    CaseClass: (
        "密级。Who may know of a matter at all.",
        {
            "C0": "公开。Open to the group.",
            "C1": "议事会内。The council.",
            "C2": "专办。A named circle.",
            "C3": "密办。Sealed.",
        },
    ),
    Urgency: (
        "紧急程度。How fast.",
        {
            "RED": "特急。At once.",
            "ORANGE": "紧急。Urgent.",
            "YELLOW": "一般。Ordinary.",
            "GREEN": "咨询建议。Advice and suggestions.",
        },
    ),
    Category: (
        "权益类别。Which right a matter is about.",
        {
            "PERSONAL": "人身权益。Personal rights.",
            "PROPERTY": "财产权益。Property.",
            "MARRIAGE_FAMILY": "婚姻家庭权益。Marriage and family.",
            "LABOUR_SOCIAL": "劳动和社会保障权益。Labour and social security.",
            "GOVERNANCE": "基层社会治理建议意见。Suggestions on local governance.",
            "POLITICAL": "政治权利。Political rights.",
            "EDUCATION": "文化教育权益。Culture and education.",
            "OTHER": "其他。Other; to be reclassified before closing.",
        },
    ),
    Relation: (
        "反映的是谁的事。Whose matter it is.",
        {
            "OWN": "本人。Her own.",
            "ANOTHERS": "他人。Somebody else's.",
            "COMMUNITY": "大家的事；隐私事项（C2、C3）按他人的事处理。Everybody's; a private matter (C2, C3) then counts as somebody else's.",
        },
    ),
    FeedbackMethod: (
        "反馈方式。How the answer reached the reporter.",
        {
            "APP": "平台。In the application.",
            "IN_PERSON": "当面。In person.",
            "VOICE": "电话语音。By voice.",
            "VISIT": "上门。A visit.",
        },
    ),
    RejectReason: (
        "不予受理的理由。Why a matter is not ours to handle.",
        {
            "IN_LITIGATION": "已在诉讼。Before a court.",
            "IN_PETITION": "已在信访。Before the petition office.",
            "IN_ARBITRATION": "已在仲裁。Before an arbitrator.",
            "ALREADY_ANSWERED": "同一事实已有终局答复。The same facts were finally answered.",
            "NOT_LAWFUL": "诉求不合法。What is asked for is not lawful.",
            "NOT_A_MATTER": "不是可办理的事项。Nothing to be handled.",
            "OTHER_AUTHORITY": "属其他部门职责。Another authority's.",
            "TEST": "测试。A test.",
        },
    ),
    RejectionFinding: (
        "对不予受理的抽查结论。What a level above found when it looked at a rejection.",
        {"UPHELD": "维持。It was right.", "REOPENED": "不当，已重开。It was not: the matter is open again."},
    ),
    Channel: (
        "转介去向。Where a matter belongs instead.",
        {
            "POLICE_110": "公安 110。Police.",
            "FIRE_119": "消防 119。Fire brigade.",
            "AMBULANCE_120": "急救 120。Ambulance.",
            "WOMEN_12338": "妇女热线 12338。The women's line.",
            "CITIZEN_12345": "政务热线 12345。The citizens' line.",
            "LEGAL_AID_12348": "法律援助 12348。Legal aid.",
            "COURT": "法院。The court.",
            "PETITION_OFFICE": "信访部门。The petition office.",
            "ARBITRATION": "仲裁机构。Arbitration.",
        },
    ),
    Outcome: (
        "结果。How a matter ended.",
        {
            "SOLVED": "已解决。Solved.",
            "PARTLY": "部分解决。Partly solved.",
            "EXPLAINED": "已解释说明。Explained.",
            "NO_SOLUTION": "无法解决。No solution.",
            "REFERRED": "已转介。Referred.",
            "NO_RESPONSE": "联系不上。The reporter could not be reached.",
        },
    ),
    Lifecycle: (
        "事项状态。The state of a matter as people see it.",
        {
            "SUBMITTED": "已提交。Reported.",
            "RETURNED_FOR_INFO": "待补充。Waiting for the reporter.",
            "ACCEPTED": "已受理。Accepted.",
            "IN_DELIBERATION": "议事中。Before the council.",
            "IN_ACTION": "办理中。Being carried out.",
            "ESCALATED": "已上报。At a higher level.",
            "RESOLVED": "已办理，待反馈。Done; the reporter is owed her answer.",
            "FEEDBACK_GIVEN": "已反馈。The reporter was told.",
            "CLOSED": "已办结。Closed.",
            "REJECTED": "不予受理。Out of scope.",
            "REDIRECTED": "已转介。Sent elsewhere.",
            "WITHDRAWN": "已撤回。Withdrawn.",
            "MERGED": "已合并。Merged into another.",
            "SUSPENDED": "已中止。At rest until a date; its clocks are paused.",
        },
    ),
    NodeKind: (
        "组织类型。Kind of organisation.",
        {
            "FEDERATION": "妇联。Women's federation.",
            "COUNCIL": "议事会。Women's council.",
            "GROUP": "微平台（群）。Neighbourhood group.",
            "DEPARTMENT": "横向部门。Partner department.",
        },
    ),
    Role: (
        "身份。What a person is at a node.",
        {
            "RESIDENT": "群众。Resident.",
            "REPRESENTATIVE": "妇女代表。Women's representative.",
            "UNIT_LEADER": "单元长。Unit leader.",
            "GROUP_OWNER": "群主。Group owner.",
            "COUNCIL_MEMBER": "议事会成员。Council member.",
            "EXEC_MEMBER": "妇联执委。Executive committee member.",
            "CHAIR": "妇联主席。Federation chair.",
            "OFFICER": "妇联干部。Federation officer.",
            "RIGHTS_OFFICER": "权益部干部。Officer of the rights department.",
            "LIAISON": "部门联络员。Department liaison.",
            "VOLUNTEER": "巾帼志愿者。Volunteer.",
            "COUNSELLOR": "咨询师、调解员、律师。Counsellor, mediator, lawyer.",
            "INSPECTOR": "督查。Inspector.",
            "DATA_PROTECTION": "个人信息保护负责人。Data-protection officer.",
            "OPERATOR": "运维人员，不看事项内容。Operator; sees no matters.",
            "PROJECTOR": "系统投影。The read model's projector.",
        },
    ),
    LineFate: (
        "一行的结果。What an import does with a line.",
        {
            "NEW": "新增。It is new.",
            "CHANGED": "变更。Something there changes.",
            "SAME": "相同，不变。As it is there already.",
            "REFUSED": "不能导入。It is refused.",
        },
    ),
    Level: (
        "层级。Level of the federation.",
        {
            "VILLAGE": "村（社区）。Village or community.",
            "TOWNSHIP": "乡镇（街道）。Township or street.",
            "COUNTY": "县（市、区）。County.",
            "CITY": "市。City.",
            "PROVINCE": "省。Province.",
        },
    ),
    DocketStage: (
        "议事阶段。What the council is doing with a matter.",
        {
            "NONE": "未上会。Nothing yet.",
            "IN_DELIBERATION": "议事中。Deliberating.",
            "IN_EXECUTION": "执行中。Carrying out.",
            "COMPLETED": "已完成。Done.",
        },
    ),
    EntryState: (
        "层级状态。Where one level stands with a matter.",
        {
            "NOTIFIED": "已通知。Told that it comes.",
            "RECEIVED": "已签收。Holds it.",
            "ACTING": "处理中。Acting.",
            "RESOLVED_HERE": "本级解决。Solved here.",
            "PASSED_UP": "已上报。Passed up.",
            "FOLLOWING": "跟进中。Following.",
            "FEEDBACK_RELAYED": "已传达反馈。Relayed the answer.",
            "RETURNED_DOWN": "已交回。Handed back down.",
            "INFORMED": "已知会。Informed only.",
            "CLOSED": "已关闭。Closed.",
        },
    ),
    ActionType: (
        "处理方式。What a level does about a matter.",
        {
            "VISIT": "走访。A visit.",
            "CALL": "电话联系。A call.",
            "MEETING": "会议。A meeting.",
            "COORDINATE": "协调部门。Coordination with departments.",
            "FUND_PLEDGE": "落实资金。A pledge of funds.",
            "LEGAL_AID": "法律援助。Legal aid.",
            "COUNSELLING": "心理或婚姻家庭辅导。Counselling.",
            "WORK_ORDER": "交办部门。A work order to a department.",
            "GUIDANCE": "指导。Guidance; alone it counts for nothing.",
            "SUPERVISE": "督办。Supervision.",
            "OPINION_ART73": "督促处理意见（妇女权益保障法第七十三条）。A supervisory opinion (Art. 73); county and above.",
            "REQUEST_GOV_INSPECTION": "提请政府督查。A request that the government inspect; county and above.",
            "POLICY_RECOMMENDATION": "政策建议。A policy recommendation.",
        },
    ),
    NoteKind: (
        "处理记录的种类。On what occasion a level wrote it.",
        {
            "ACTION": "采取行动。What it did.",
            "PASS_UP": "上报或建议上报。Why it passes the matter up, or an officer would.",
            "REFUSAL": "退回上报。Why it sent the matter back.",
            "GUIDANCE": "交回时的指导。What the level below is to do.",
            "RESOURCES": "交回时给予的支持。What it is given for that.",
            "TAKE_OVER": "提级办理。Why it took the matter over.",
            "INFORM": "向上知会。What the level above was told.",
            "SUPERVISION": "督办。Why it supervises, or no longer does.",
            "RELAY": "向下转告答复。What went down with the answer.",
            "REWORK": "返回重办。Why it is to be done again.",
        },
    ),
    PassUpReason: (
        "上报理由。Why a level passes a matter up.",
        {
            "NEEDS_FUNDS": "需要资金。It needs funds.",
            "NEEDS_AUTHORITY": "需要上级权限。It needs authority.",
            "NEEDS_EXPERTISE": "需要专业力量。It needs expertise.",
            "CROSS_REGION": "跨区域。It crosses regions.",
            "DEPARTMENT_REFUSES": "部门推诿。A department refuses.",
            "POLICY_GAP": "政策空白。There is no policy for it.",
            "SAFETY_RISK": "安全风险。Somebody's safety is at risk.",
            "TIME_EXCEEDED": "超过时限。Its time is over.",
            "NO_COMPETENCE": "无权处理（须写明法律依据）。No competence, with a legal note.",
        },
    ),
    RefusalReason: (
        "退回上报的理由。Why a pass-up is sent back.",
        {
            "NOT_ACTED": "下级未采取实质行动。The level below has not acted.",
            "WRONG_REGION": "不属本区域。It is the wrong region.",
        },
    ),
    SuspendReason: (
        "中止理由。Why a matter may rest.",
        {
            "COURT_PENDING": "法院审理中。Before a court.",
            "POLICE_INVESTIGATING": "公安侦办中。The police investigate.",
            "SEASONAL": "季节原因。The season.",
            "FUNDING_WAIT": "等待资金。Funds are awaited.",
        },
    ),
    SubCategory: ("事项细类。The finer category; of C2 and C3 matters it stays in intake.", {}),
}
