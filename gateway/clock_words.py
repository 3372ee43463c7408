"""What the values of a matter's clocks mean: Chinese first, English beside."""

from enum import Enum

from services.contracts.clocks import ClockStage, ClockState

CLOCK_WORDS: dict[type[Enum], tuple[str, dict[str, str]]] = {
    ClockStage: (
        "时限阶段。What a clock measures.",
        {
            "ACK": "响应。Until somebody has seen it.",
            "TRIAGE": "受理决定。Until it is accepted or turned down.",
            "WINDOW": "本级办理。The level's window to solve it.",
            "FEEDBACK": "反馈。Until the reporter is told.",
            "CALL_BACK": "回访。Until the reporter was asked.",
            "COUNCIL": "议事。Until the council has decided, or somebody has acted.",
            "UPPER_ACTION": "上级过问。Until the level above has looked after an idle council.",
            "RECEIPT": "签收。Until the level above has received it.",
            "CURE": "补正。Until a refused pass-up is put right.",
            "FIRST_ACTION": "首次处理。Until the level that received it has acted.",
            "RELAY": "转达。Until the answer has gone one level down.",
            "INFORMATION": "补充材料。Until the reporter has supplied what was asked.",
            "SUPERVISED_REPORT": "督办日报。Until the supervised level has reported today.",
            "PROGRESS": "告知进展。Until the reporter hears how it stands; never the matter's own clock.",
            "BARRIER": "警示隔离。Until a hazard is barred off.",
            "SHELTER_ACTION": "安置。Until she who has no shelter is looked after.",
            "VISIT": "上门探访。Until somebody has visited.",
            "PLAN": "帮扶方案。Until there is a plan.",
            "INFORM_TOWNSHIP": "告知乡镇。Until the township knows.",
            "DV_SCREENING": "家暴筛查。Until she was screened for violence.",
            "FIRST_CONTACT": "首次联系。Until those concerned were spoken to.",
            "VOICE_CONTACT": "通话联系。Until somebody has spoken to her.",
            "LEGAL_AID_REFERRAL": "转介法律援助。Until legal aid was brought in.",
            "LIMITATION_WARNING": "提醒时效。Until she was told by when she must claim.",
            "DUTY": "专项职责。Something that this kind of matter owes; its confidentiality does not let say what.",
        },
    ),
    ClockState: (
        "时钟状态。Whether a clock runs.",
        {"RUNNING": "计时中。Running.", "PAUSED": "已暂停。Paused with a reason.", "STOPPED": "已停止。Stopped."},
    ),
}
