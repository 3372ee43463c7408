"""What codes are called in Chinese, for the messages that people read."""

ZH = {
    # states (lifecycle.Lifecycle)
    "SUBMITTED": "已提交",
    "RETURNED_FOR_INFO": "待补充",
    "ACCEPTED": "已受理",
    "IN_DELIBERATION": "议事中",
    "IN_ACTION": "办理中",
    "ESCALATED": "已上报",
    "RESOLVED": "已办理、待反馈",
    "FEEDBACK_GIVEN": "已反馈",
    "CLOSED": "已办结",
    "REJECTED": "不予受理",
    "REDIRECTED": "已转介",
    "WITHDRAWN": "已撤回",
    "MERGED": "已合并",
    # commands
    "ReportMatter": "反映事项",
    "Acknowledge": "确认已看到",
    "AcceptMatter": "受理",
    "SolveOnSpot": "当场解决",
    "GiveFeedback": "反馈",
    "RateMatter": "评价",
    "CallBack": "回访",
    "CloseMatter": "办结",
    "AddRegion": "补录区划",
    "ImportRegions": "导入区划",
    "PutNode": "登记组织",
    "ImportMembers": "导入任职",
    "Delegate": "授权群主",
    "MarkRead": "标为已读",
    # what is asked
    "vacancies": "查看空缺",
    # fields
    "narrative": "反映内容",
    "place": "具体地点",
    "toldBy": "口述人",
    "reporter.name": "反映人姓名",
    "subjectPerson.name": "当事人姓名",
    "publicSummary": "公开摘要",
    "text": "答复",
    "toGroup": "群内公布的结果",
    "remark": "意见",
    "reason": "理由",
    "evidence": "处理说明",
    "happenedOn": "发生日期",
    "name": "名称",
}


def zh(code: object) -> str:
    """The Chinese name of a code; the code itself where it has none."""
    return ZH.get(str(code), str(code))
