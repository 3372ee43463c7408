"""What can be wrong with a field of a request, and what to do about it: in Chinese, in English. Never a word of a library, never the value."""

from enum import Enum
from typing import NamedTuple

from services.contracts.names import Said
from services.contracts.refusals import Code, Refused


class Saying(NamedTuple):
    """Both languages; braces are filled with numbers and names of the schema."""

    zh: str
    en: str


class Wrong(Enum):
    """The reasons of MALFORMED, of variables and of arguments."""

    # Any field
    MISSING = Saying("缺少这一项，请补上", "it is missing, add it")
    UNKNOWN = Saying("没有这一项，请检查拼写或删去", "there is no such field, check the spelling or leave it out")
    NULL = Saying("不能为 null，请填写或不传", "it cannot be null, give a value or leave it out")
    NOT_OF_TYPE = Saying("应为{type}，请按接口说明填写", "it must be {type}, see the schema")
    NOT_A_VALUE = Saying(
        "不是允许的值，请从接口说明所列的值中选", "that is none of its values, choose one that the schema lists"
    )
    NO_ID = Saying("编号或代码的格式不对，请原样传入得到的编号", "that is no id or code, pass one as you were given it")
    NO_KEY = Saying(
        "应为 8 到 128 个可见的 ASCII 字符，由调用方自定", "give 8 to 128 visible ASCII characters of your own"
    )
    NO_REFERENCE = Saying("应为 1 到 64 个可见的 ASCII 字符", "give 1 to 64 visible ASCII characters")
    NO_TIME = Saying(
        "不是带时区的时间，请写成 2026-10-13T17:00:00+08:00 的样子",
        "that is no time with a zone, write it as in 2026-10-13T17:00:00+08:00",
    )
    NO_DATE = Saying("不是日期，请写成 2026-10-13 的样子", "that is no date, write it as in 2026-10-13")
    NO_REGION = Saying(
        "不是区划代码：应为以 21 开头的 2、4、6、9 或 12 位数字的字符串",
        "that is no region code, give a string of 2, 4, 6, 9 or 12 digits that begins with 21",
    )
    TOO_SMALL = Saying("太小，至少为 {least}", "it is too small, at least {least}")
    TOO_LARGE = Saying("太大，至多为 {most}", "it is too large, at most {most}")
    OUT_OF_RANGE = Saying("请填 {least} 到 {most} 之间的数", "give a number from {least} to {most}")
    TOO_FEW = Saying("太少或太短，至少 {least}", "too few or too short, at least {least}")
    TOO_MANY = Saying("太多或太长，至多 {most}，请分次提交", "too many or too long, at most {most}, send them in parts")
    NOT_TEXT = Saying("含有不能保存的字符，请删去", "it has characters that cannot be kept, take them out")
    NOT_IN_ORDER = Saying("不符合要求，请按接口说明填写", "it is not in order, see the schema")
    # The body
    NOT_JSON = Saying("不是 UTF-8 的 JSON，请改正后再发送", "it is not JSON in UTF-8, correct it and send it again")
    NOT_AN_OBJECT = Saying(
        "应为一个 JSON 对象，请改正后再发送", "it must be one JSON object, correct it and send it again"
    )
    NOT_A_FORM = Saying(
        "不是只含一个文件的表单，请改正后再上传", "it is no form with one file, correct it and send it again"
    )
    # Places and periods
    NO_CURSOR = Saying(
        "不是游标，请原样传入收到的游标或不传", "that is no cursor, pass one as you were given it or none"
    )
    NO_MONTH = Saying("不是月份，请写成 2026-11 的样子", "that is no month, write it as in 2026-11")
    NO_QUARTER = Saying("不是季度，请写成 2026-Q4 的样子", "that is no quarter, write it as in 2026-Q4")
    NO_LETTER = Saying("不是编号，请填列表所示的数字", "that is no number, give one that the list shows")
    RETRY_OR_DROP = Saying("请填 retry，或 drop 并给出 id", "say retry, or drop with an id")
    PHOTOS_OF_WHAT = Saying("请填 report、evidence 或 council", "say report, evidence or council")
    ORDER_OR_DEPARTMENT = Saying("请填交办单或部门，只填一个", "name an order or a department, one of them")
    MEMBER_OR_NODE = Saying("请填人员或组织，只填一个", "name a member or a node, one of them")
    # What does not go together
    WHICH_DEPARTMENT = Saying(
        "您所在的几个部门都受邀，请填其中一个",
        "several departments that you are the liaison of are invited, name one of them",
    )
    SUBSTITUTE_ALONE = Saying("答复为“派人代替”时必填，其他答复不填", "required of the answer SUBSTITUTE, of no other")
    NOT_OF_THE_DEPARTMENT = Saying("只能派本部门的人", "a department sends one of its own")
    SYSTEM_ALONE = Saying("这个理由只由系统使用，请另选", "only the system gives this reason, choose another")
    KIND_OF_DEPARTMENT = Saying(
        "邀请部门时类型为 DEPARTMENT 并填部门，其他邀请不填部门",
        "the kind DEPARTMENT goes with a department, no other kind does",
    )
    NOT_AFTER_SINCE = Saying("须晚于起始时间", "it must be after its beginning")
    OWN_DEPUTY = Saying("不能代理本人，请填他人或不填", "nobody stands in for herself, name somebody else or nobody")
    ROLE_ELSEWHERE = Saying(
        "这类组织没有这种身份，请改身份或组织", "a node of this kind has no such role, change the role or the node"
    )
    ROLE_TWICE = Saying("同一人同一身份只列一行，请合并", "one line for a person's role at a node, join them")
    OPERATORS_VILLAGE = Saying(
        "补录的村以 900 至 999 结尾，请改代码", "an operator's village ends in 900 to 999, change the code"
    )
    GROUP_OF_A_VILLAGE = Saying(
        "群只属于一个村（社区），请填 12 位区划", "a group belongs to one village, give 12 digits"
    )
    DEPARTMENT_TYPE = Saying("部门必填类型，其他组织不填", "a department must have one, no other node has any")
    SUMMARY_OF_C0 = Saying(
        "只有公开（C0）事项有公开摘要，请不填", "only a C0 matter has a public summary, leave it out"
    )
    GROUP_TOLD_OF_C0 = Saying(
        "只有公开（C0）事项可以告知全群，请不填", "only of a C0 matter is the group told, leave it out"
    )
    SOLVED_IF_REACHED = Saying(
        "联系上反映人时必填是否解决，未联系上时不填",
        "say whether it is solved of a reporter who was reached, and nothing of one who was not",
    )
    ITSELF = Saying("不能并入自身，请填另一件", "a matter does not repeat itself, name another one")
    NO_PARTY = Saying("不能是反映人或您本人，请填他人", "a reporter and you yourself are none, name somebody else")
    NOT_A_PARTY = Saying("不是已指明的当事人", "she was not named a party")
    NO_LATER_RESOLUTION = Saying("不是更晚的有效决议", "that is no later resolution that stands")

    def saying(self, **filled: object) -> Said:
        """As a value of a refusal. A value that has a name in each language is a pair of them."""
        zh, en = (
            {name: each[of] if isinstance(each, tuple) else each for name, each in filled.items()} for of in (0, 1)
        )
        return Said(self.name, self.value.zh.format(**zh), self.value.en.format(**en))


def malformed(field: str, wrong: Wrong, **filled: object) -> Refused:
    """The refusal of a field."""
    return Refused(Code.MALFORMED, field=field, reason=wrong.saying(**filled))
