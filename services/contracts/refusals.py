"""Every way to be refused: one code, two languages, what is allowed instead. No personal text can get in here."""

from enum import Enum
from functools import cached_property
from typing import NamedTuple

from services.contracts.base import Model
from services.contracts.names import said


class Words(NamedTuple):
    """What a code means: in Chinese, in English, as an HTTP status, and whether the same request may succeed later."""

    zh: str
    en: str
    status: int = 422
    retryable: bool = False


class Code(Enum):
    """The catalogue of refusals. `{…}` is filled with codes, names of fields and numbers only."""

    # Who asks
    UNAUTHENTICATED = Words(
        "请先登录：令牌缺失、过期或无效。", "Sign in first: the token is missing, expired or not valid.", 401
    )
    NOT_PERMITTED = Words("您的身份不能执行“{command}”。", "None of your roles may do {command} here.", 403)
    CASE_NOT_FOUND = Words("没有找到该事项，或您无权查看。", "There is no such matter, or none that you may see.", 404)
    NOT_FOUND = Words("没有找到：{what}。", "Not found: {what}.", 404)
    # What is asked
    MALFORMED = Words("请求格式不对：{field}：{reason}。", "The request is malformed at {field}: {reason}.", 400)
    UNKNOWN_COMMAND = Words("没有名为“{command}”的操作。", "There is no command {command}.", 404)
    BODY_TOO_LARGE = Words("请求超过 {limit} 字节。", "The request is over {limit} bytes.", 413)
    UNKNOWN_REGION = Words("没有这个区划：{region}。", "There is no region {region}.")
    REGION_OF_ANOTHER_CELL = Words(
        "区划 {region} 不在本平台的范围（{cell}）。", "Region {region} is not in this cell ({cell})."
    )
    UNKNOWN_NODE = Words("没有这个组织：{node}。", "There is no organisation node {node}.")
    NODE_FULL = Words("组织 {node} 最多 {limit} 人。", "Node {node} holds at most {limit} members.")
    TEXT_TOO_LONG = Words(
        "{field} 超过 {limit} 字，请缩短或作为附件。", "{field} is over {limit} characters: shorten it or attach it."
    )
    TEXT_MISSING = Words("请填写 {field}。", "{field} must not be empty.")
    MALFORMED_PHONE = Words(
        "电话号码格式不对，请填写 11 位手机号或带区号的座机。",
        "That is no phone number: give 11 digits, or a landline with its area code.",
    )
    DATE_IN_FUTURE = Words("{field} 不能晚于现在。", "{field} must not be in the future.")
    DATE_TOO_EARLY = Words("{field} 不能早于 {limit}，请检查。", "{field} must not be before {limit}: check it.")
    URGENCY_NOT_YOURS = Words(
        "这类事项的紧急程度不能由反映人调低。", "The urgency of such a matter cannot be lowered by its reporter."
    )
    NOT_A_PHOTO = Words(
        "这不是可用的照片，请上传 JPEG、PNG 或 WebP。", "That is not a photo we can read: send JPEG, PNG or WebP."
    )
    PHOTO_TOO_LARGE = Words("照片太大：不超过 {limit}。", "The photo is too large: at most {limit}.", 413)
    ATTACHMENT_NOT_YOURS = Words(
        "附件不存在、已使用或不是您上传的。", "An attachment does not exist, is used already or is not yours."
    )
    TOO_MANY_ATTACHMENTS = Words("一次最多 {limit} 个附件。", "At most {limit} attachments at a time.")
    REASON_REQUIRED = Words("请说明理由（{field}）。", "Give a reason ({field}).")
    # How it stands
    STATE_DOES_NOT_FIT = Words(
        "事项目前是“{state}”，不能执行“{command}”。", "The matter is {state}; {command} does not fit that.", 409
    )
    STALE_VERSION = Words(
        "{why}（现为版本 {version}），请刷新后再试。",
        "{why} (it is at version {version} now): look again, then decide.",
        409,
    )
    KEY_REUSED = Words(
        "同一个 idempotencyKey 曾用于不同的内容。", "This idempotencyKey was used before with another body.", 409
    )
    NOT_THE_HOLDER = Words("事项现由 {holder} 负责。", "{holder} holds the matter.", 409)
    NOT_DELEGATED = Words(
        "主席没有授权群主受理此类事项。", "The chair has not delegated this kind of matter to the group owner.", 403
    )
    OWN_WORK = Words("不能核验或回访自己经办的事项。", "Nobody verifies or calls back her own work.", 403)
    EVIDENCE_REQUIRED = Words("请附上处理说明或照片。", "Give evidence: a note or a photo.")
    NOT_ON_THE_SPOT = Words(
        "只有 C0、C1 且非特急的事项可以当场解决。", "Only C0 and C1 matters that are not RED are solved on the spot."
    )
    FEEDBACK_FIRST = Words(
        "还没有向反映人反馈，不能结案。", "The reporter has not been given feedback: the matter cannot be closed.", 409
    )
    ACT_FIRST = Words(
        "本级还没有采取实质行动，不能上报。",
        "This level has not acted yet: no level passes on what it has not touched.",
    )
    TOP_OF_THE_LADDER = Words(
        "省级以上没有可以上报的层级，请办结并说明。",
        "There is no level above the province: resolve it, with an explanation.",
    )
    BOTTOM_OF_THE_LADDER = Words("没有这样的层级可去。", "There is no such level in that direction.")
    REFUSED_BEFORE = Words(
        "本级已经退回过一次，须签收。", "This level has refused it once: it must receive it now.", 409
    )
    NOT_SO = Words("所述理由与事实不符：{reason}。", "The record says otherwise: {reason}.", 409)
    TOO_MANY_RETURNS = Words(
        "本级已交回 {limit} 次，须自行办理。", "This level has handed it back {limit} times: it must hold it.", 409
    )
    COUNTY_UP_ONLY = Words(
        "只有县级以上妇联可以这样做（妇女权益保障法第七十三条）。",
        "Only a federation at county level or above may do this (Women's Rights Law, Art. 73).",
        403,
    )
    NOT_URGENT = Words(
        "只有特急（或主席认定的紧急）事项可以并行报警。", "Only a RED matter, or an ORANGE one by the chair."
    )
    NOT_WHEN_RED = Words("特急事项不能这样处理。", "Not of a RED matter.")
    TAKEN = Words("事项已由 {node} 接办。", "{node} has it already.", 409)
    TOO_LATE = Words("日期太晚：不超过 {limit}。", "That date is too late: at most {limit}.")
    PACKAGE_NOT_SIGNED = Words(
        "告知内容没有收集平台的签名，请重新生成并预览。",
        "The package does not bear intake's signature: have it built again, and preview it.",
    )
    NOT_WHEN_SEALED = Words("密办事项不交办部门。", "A sealed matter is given to no department.")
    LETTER_ONLY = Words(
        "村（社区）只能向部门发函询。", "A village writes letters of enquiry to departments; it issues no orders."
    )
    WRONG_DEPARTMENT = Words(
        "“{node}”不是本级的部门，或已在本交办单中。",
        "{node} is no department of this region, or has this order already.",
    )
    ORDER_DOES_NOT_FIT = Words(
        "交办单目前是“{state}”，不能执行“{command}”。", "The order is {state}; {command} does not fit that.", 409
    )
    NO_OBJECTION = Words(
        "不能提出异议：异议期已过、已提出过、已指定或已开始办理。",
        "No objection any more: the window is over, or it was made, answered by a designation, or the work has begun.",
        409,
    )
    NO_EXTENSION = Words(
        "不能延期：最多 {count} 次、共 {limit}，并须在到期前申请。",
        "No such extension: at most {count}, {limit} in all, asked for before it is due.",
        409,
    )
    CO_ORDERS_OPEN = Words(
        "还有 {count} 个协办部门没有报告。", "{count} assisting departments have not reported yet.", 409
    )
    LEAD_LAST = Words(
        "还有 {count} 个协办部门的交办单：请先撤销或核验，主办的最后撤销。",
        "{count} assisting departments still have orders: cancel or verify those first, the lead's last.",
        409,
    )
    HAS_A_PART = Words("“{node}”已在联合交办中：请撤销本单。", "{node} has a part in it: cancel this one.", 409)
    CO_ONLY = Words("只有协办部门可以这样做。", "Only an assisting department may do this.", 409)
    NO_PAUSE = Words(
        "不能再暂停：已到期，或暂停时间已用完。", "No more pause: it is due already, or all pauses are used up.", 409
    )
    CHAIR_MUST_SIGN = Words("须由本级主席亲自提出。", "The chair signs by doing this herself.")
    NOT_YET = Words("{since} 之后才可以这样做。", "Not before {since}.", 409)
    OPINION_FIRST = Words("须先提出督促处理意见。", "An opinion must have been given first.", 409)
    TOO_MANY = Words("太多（{what}）：不超过 {limit}。", "Too many ({what}): at most {limit}.")
    DATE_IN_PAST = Words("{field} 不能早于现在。", "{field} must not be in the past.")
    BARRED = Words(
        "当事人或须回避的人不能参与。", "A party to the matter, or who is barred from it, takes no part.", 403
    )
    RESTRICTED_SESSION = Words(
        "专办事项的议事只能由专办人员和受邀的咨询师、调解员、律师参加。",
        "In a session on a private matter only its circle takes part, and counsellors who are invited.",
    )
    INVITED_BEFORE = Words("已在邀请名单中。", "She is on the list already.", 409)
    RECUSED = Words("已回避本事项，不能参与。", "She has withdrawn from the sessions of this matter.", 403)
    NO_VOTE_HERE = Words("您在本次议事中没有表决权。", "You have a voice in this session, and no vote.", 403)
    TOO_MANY_ADJOURNMENTS = Words("最多休会 {limit} 次。", "A session is adjourned {limit} times at most.", 409)
    NO_QUORUM = Words(
        "未达到法定人数：须有 {needed} 人参与，目前 {found} 人。",
        "There is no quorum: {needed} must respond, {found} have.",
        409,
    )
    NO_CONSENSUS = Words("有 {count} 人反对，未能一致。", "There is no consensus: {count} are against.", 409)
    NOT_CARRIED = Words(
        "表决未通过：赞成 {votes_for}，反对 {against}。", "Not carried: {votes_for} for, {against} against.", 409
    )
    CHAIR_ONLY_WHEN_URGENT = Words(
        "只有特急或紧急事项可以由主席直接决定。", "The chair alone decides only of RED and ORANGE matters."
    )
    NOTHING_RESOLVED = Words(
        "决议须有至少一个行动项、一项长效安排或一项倡议。",
        "A resolution has at least one item, a standing arrangement or an initiative.",
    )
    TOO_MANY_FAILURES = Words(
        "已有 {limit} 次议事未形成决议，须上报或不予受理。",
        "{limit} sessions ended without a resolution: pass the matter up, or turn it down.",
        409,
    )
    NEW_SESSION_REQUIRED = Words(
        "村级须在新的议事中撤销决议。", "At the village a resolution is revoked in a new session."
    )
    ONLY_OPEN = Words("只有公开事项可以公示。", "Only of an open matter (C0) anything is made public.")
    MEMBER_ALREADY = Words("已是常任成员或已受邀。", "She is a standing member already, or was offered it.", 409)
    ITEMS_OPEN = Words("还有 {count} 个行动项未核验。", "{count} action items are neither verified nor waived.", 409)
    ORDERS_OPEN = Words("还有 {count} 个交办单未办结。", "{count} work orders are not verified yet.", 409)
    ASKED_ENOUGH = Words(
        "已请反映人补充 {limit} 次，不能再问。", "The reporter has been asked {limit} times: that is enough.", 409
    )
    HANDOVER_REQUIRED = Words(
        "特急事项须先口头交接，再转介。", "Hand a RED matter over by word of mouth first, then redirect it."
    )
    CLASSES_DO_NOT_MERGE = Words(
        "这两件事项的密级或专办人员不同，不能合并；密办事项从不合并。",
        "The classes or circles of the two matters differ: they are not merged. Sealed ones never are.",
    )
    PLACES_DO_NOT_MERGE = Words(
        "两件事项不在您可以合并的同一范围内。",
        "The two matters do not lie in one place that you may merge within.",
        403,
    )
    MASTER_NOT_OPEN = Words(
        "要并入的事项已经结束或已反馈。", "The matter to join is not open, or answered already.", 409
    )
    TOO_LATE_NOW = Words("已超过 {days} 天，不能再这样做。", "That was possible within {days} days only.", 409)
    ALREADY_SO = Words(
        "现在是“{value}”，不能改为所要求的。", "It is {value} now; this command does not change that.", 409
    )
    STAYS_SEALED = Words("密办事项不能降低密级。", "What is sealed stays sealed: its class is not lowered.", 409)
    HOLDERS_CHAIR_ONLY = Words(
        "紧急程度只能由负责组织的主席调低。", "Only the chair of the holder lowers the urgency.", 403
    )
    CIRCLE_EMPTY = Words("专办人员不能为空。", "Somebody must be left to handle it.")
    CIRCLE_FULL = Words("专办人员不超过 {limit} 人。", "At most {limit} people handle a private matter.")
    PARTY_BARRED = Words("当事人须回避，不能加入专办。", "A party to the matter cannot handle it.", 403)
    VISIT_OWED = Words(
        "该事项是代录的，反映人看不到消息：请上门或电话反馈。",
        "This matter was written down on behalf: tell her who told it by a visit or by voice.",
    )
    ALREADY_RATED = Words("您已经评价过。", "You have rated this matter already.", 409)
    # What cannot be known or reached right now
    NOT_YET_KNOWN = Words(
        "相关信息还在传递，请稍后重试。", "What you saw has not reached this service yet: try again.", 503, True
    )
    DONE_NOT_SHOWN = Words(
        "已经办成，但这里暂时还看不到，请稍后查看；如需重发请用同一个键。",
        "It is done, and cannot be shown here yet: look again later. If you send it again, use the same key.",
        503,
        True,
    )
    MATTER_BLOCKED = Words(
        "该事项有一条消息待人工处理，已告警。",
        "A record of this matter is held for an operator, who has been alerted.",
        503,
        True,
    )
    TOO_MANY_WAITING = Words("系统繁忙，请稍后重试。", "Too many requests wait already: try again.", 503, True)
    UNKNOWN_OUTCOME = Words(
        "结果未知，请用同一个 idempotencyKey 重试。",
        "The outcome is unknown: retry with the same idempotencyKey.",
        504,
        True,
    )
    SERVICE_UNAVAILABLE = Words(
        "服务“{service}”暂时不可用。", "The service {service} cannot be reached right now.", 503, True
    )
    INTERNAL = Words(
        "系统内部出错，请稍后再试；如反复出现，请把编号 {correlation} 告知管理员。",
        "Something went wrong on our side. Try again; if it persists, give the operator this number: {correlation}.",
        500,
    )


class RefusalBody(Model):
    """A refusal as it travels."""

    code: str
    message_zh: str
    message_en: str
    allowed: tuple[str, ...] = ()
    """What she may ask instead: names of commands."""
    retryable: bool = False
    detail: dict[str, str] = {}
    """The values in the message, by name: codes and numbers."""


class Refused(Exception):
    """A request that is turned down. Expected, typed, and nothing has happened."""

    def __init__(self, code: Code, *, allowed: tuple[str, ...] = (), **detail: object) -> None:
        super().__init__(code.name)
        self.code = code
        self._allowed = allowed
        self._detail = detail

    @cached_property
    def body(self) -> RefusalBody:
        """What she is told; written when it is asked for."""
        words, values = self.code.value, {name: said(value) for name, value in self._detail.items()}
        return RefusalBody(
            code=self.code.name,
            message_zh=words.zh.format(**{name: each.zh for name, each in values.items()}),
            message_en=words.en.format(**{name: each.en for name, each in values.items()}),
            allowed=self._allowed,
            retryable=words.retryable,
            detail={name: each.code for name, each in values.items()},
        )
