"""Chinese words that the generated pages need and the code does not have: for people, beside the English of the docstrings.

A missing word leaves a page in English alone; a test names it.
"""

from services.contracts.callers import Reach
from services.contracts.topics import Retention

SETTINGS = {
    "host": "网关和各服务监听的地址。",
    "port": "网关端口。",
    "intake_port": "分布运行时收集服务的端口。",
    "deliberation_port": "分布运行时议事服务的端口。",
    "escalation_port": "分布运行时跟进服务的端口。",
    "notify_port": "分布运行时通知服务的端口。",
    "projector_port": "分布运行时投影进程的健康检查与指标端口。",
    "kafka_port": "`make up-distributed` 所启动的 Kafka 的端口。",
    "postgres_port": "`make up-distributed` 所启动的 PostgreSQL 的端口。",
    "data": "保存一切数据的目录：数据库、照片、密钥。",
    "cell": "本平台负责的区划前缀。",
    "kafka": "Kafka 地址，逗号分隔；单进程运行时为空。",
    "postgres": "PostgreSQL 地址（不含库名），如 user@127.0.0.1:15432；单进程运行时为空。",
    "jwks": "令牌签发方公钥文件（JWKS）；默认 DATA/keys/jwks.json。",
    "audience": "令牌必须指明的受众。",
    "allowed_origins": "允许浏览器跨域调用的前端来源，逗号分隔。",
    "demo_issuer": "分布运行时允许 `yishi token` 签发演示令牌。",
    "log_level": "记录日志的最低级别：DEBUG、INFO、WARNING、ERROR。",
    "causality_wait": "命令等待调用者已看到的事实到达的秒数，超过则 NOT_YET_KNOWN。",
    "limits": "时限文件目录；默认随程序附带。",
    "graphiql": "分布运行时也提供 GraphiQL。",
    "test_clock": "测试用：所有进程从此文件读取时间。",
    "crash": "测试用：进程在何处自行中止（位置:概率:种子），逗号分隔。",
    "testing": "测试用：放行只有测试才能做的事。",
}

SERVICES = {
    "intake": "收集（平台一）",
    "deliberation": "议事（平台二）",
    "escalation": "跟进（平台三）",
    "notify": "通知",
    "gateway": "网关（读模型）",
}

TOPICS = {
    "intake.case.v1": ("事项（密办除外）的事实。", "Facts of matters, sealed ones excepted."),
    "intake.sealed.v1": (
        "密办事项（C3）的事实：只到县，不含细类。",
        "Facts of sealed matters (C3): county at most, no sub-category.",
    ),
    "intake.access.v1": (
        "谁可以看、谁必须回避（密办除外）：不透明的人员编号；只有可见范围主题把人与事项联系起来。",
        "Who may see a matter and who is barred from it, sealed ones excepted: opaque ids. Nothing but the access topics joins a person "
        "to a matter.",
    ),
    "intake.sealed-access.v1": ("密办事项的可见范围。", "The same of sealed matters."),
    "intake.roster.v1": (
        "组织与任职（不透明的人员编号，没有姓名）。",
        "Organisation nodes and who is in office: opaque ids, no names of persons.",
    ),
    "intake.region.v1": ("区划。", "Regions."),
    "deliberation.docket.v1": ("议事会的案卷。", "The council's docket of a matter."),
    "escalation.custody.v1": ("由谁负责、时限到何时。", "Who holds a matter and until when."),
    "escalation.sealed.v1": ("密办事项的负责与时限。", "The same of sealed matters."),
    "notify.inbox.v1": ("某收件箱有了新条目；不提是哪一件事项。", "Something lies in an inbox; it names no matter."),
}

EVENTS = {
    "CaseSubmitted": "事项已提交",
    "CaseAcknowledged": "群里已响应",
    "CaseAccepted": "已受理",
    "FeedbackGiven": "已向反映人反馈",
    "CaseRated": "反映人已评价",
    "CaseCalledBack": "已回访",
    "CaseClosed": "已办结",
    "InformationAsked": "已请反映人补充",
    "InformationSupplied": "反映人已补充",
    "RejectionProposed": "群主建议不予受理",
    "CaseRejected": "不予受理",
    "CaseRedirected": "已转介",
    "CaseWithdrawn": "反映人已撤回",
    "WithdrawalNoted": "反映人撤回，依职权继续办理",
    "CaseMerged": "已并入另一事项",
    "CaseUnmerged": "已撤销合并",
    "CaseJoined": "另一反映已并入",
    "CaseParted": "并入的反映已分出",
    "CaseReopened": "已重开",
    "ClassChanged": "密级已变更",
    "UrgencyChanged": "紧急程度已变更",
    "CircleChanged": "专办人员已变更",
    "CaseLeft": "事项已离开本主题",
    "AccessChanged": "可见范围已变更",
    "NodeChanged": "组织已登记或变更",
    "RegionChanged": "区划已登记或变更",
    "DocketOpened": "已立议事案卷",
    "CustodyOpened": "已有责任组织，开始计时",
    "ClocksMoved": "时限已停止或开始",
    "ClockOverdue": "时限已超期",
    "MatterResolved": "负责组织已办理",
    "CallBackLapsed": "回访期满",
    "CustodyClosed": "不再有责任组织",
    "InboxEntryAdded": "收件箱有了新条目",
    "LevelActed": "某级已采取行动",
    "PassedUp": "已上报，待签收",
    "PassUpCancelled": "上报已撤回",
    "MatterReceived": "上级已签收",
    "ReceiptRefused": "上级退回上报",
    "ReturnedDown": "已交回下级",
    "TakenOver": "上级已提级办理",
    "InformedUp": "已向上知会",
    "AlertRaised": "已并行报警",
    "SupervisionChanged": "督办开始或结束",
    "FeedbackRelayed": "答复已向下转达",
    "MatterReworked": "已退回重办",
    "MatterSuspended": "已中止",
    "MatterResumed": "已恢复办理",
    "OrderMoved": "交办单有进展",
    "ClockNearing": "时限将到，已提醒",
    "IdleSurfaced": "久议不决，上级须过问",
    "InformationLapsed": "补充材料逾期",
}

REACHES = {
    Reach.GROUP: ("本群", "her own group"),
    Reach.SUBTREE: ("辖区", "her node's region and below"),
    Reach.HOLDER: (
        "辖区内且由本组织负责，或在专办人员之列",
        "her region, where her node holds the matter or she is of its circle",
    ),
    Reach.NOTIFIED: ("辖区内且正报送本组织", "her region, where the matter is on its way to her node"),
    Reach.INVOLVED: ("辖区内且本组织已介入", "her region, where her node has a line in the matter's thread"),
    Reach.ABOVE: ("辖区内且高于负责组织", "her region, where her node stands above the holder's"),
    Reach.DEPARTMENT: ("本部门的交办单", "her own department's work order"),
    Reach.NAMED: ("受邀人或承办人", "whoever was invited or has the task"),
    Reach.REPORTER: ("反映人", "the reporter"),
    Reach.SELF: ("本人", "her own"),
}

RETENTIONS = {
    Retention.FOR_EVER: ("永久保留", "for ever"),
    Retention.COMPACTED: ("压缩：每个键只留最新状态", "compacted: the latest state of each key"),
}
