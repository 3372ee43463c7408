"""`docs/topics.md`: the table of topics, and what every event on them says."""

from pathlib import Path

from deploy.documents.events import EVENT_TYPES, file_of, first_sentences
from deploy.documents.markdown import both, code, page, table
from deploy.documents.words import EVENTS, RETENTIONS, TOPICS
from services.contracts import topics
from services.contracts.events.base import Event


def topics_page() -> str:
    """Two tables: topics, events."""
    lines = [
        (
            code(topic.name),
            both(*TOPICS.get(topic.name, ("", ""))),
            topic.key,
            topic.partitions,
            both(*RETENTIONS[topic.retention]),
            topic.owner,
            ", ".join(sorted(topic.readers)),
            ", ".join(kind.__name__ for kind in topic.events),
        )
        for topic in topics.TOPICS
    ]
    heads = (
        "主题 topic",
        "内容 what",
        "键 key",
        "分区 partitions",
        "保留 kept",
        "发布 owner",
        "读取 readers",
        "事件 events",
    )
    facts = [
        (
            f"[{code(kind.type_name())}](events/{Path(file_of(kind)).name})",
            both(EVENTS.get(kind.__name__, ""), first_sentences(kind.__doc__)),
            ", ".join(code(name) for name in _fields(kind)),
        )
        for kind in EVENT_TYPES
    ]
    return page(
        "主题与事件 · Topics and events",
        "全名为“平台前缀.主题”，如 `21.intake.case.v1`。CloudEvents 1.0 二进制模式；详见 [asyncapi.yaml](asyncapi.yaml)。"
        "**顺序**：同一主题、同一键内有序；主题之间不保证先后。可能重复，按 `ce_id` 去重；不认识的字段请忽略。",
        "The full name begins with the cell's prefix, as in `21.intake.case.v1`. CloudEvents 1.0 in binary mode; more in "
        "[asyncapi.yaml](asyncapi.yaml). **Order** is promised within a topic and key, never across topics. A record may come twice: its "
        "`ce_id` tells. Ignore fields you do not know. `yishi topics diff` compares Kafka with this table.",
        "## 主题 · Topics",
        table(heads, lines),
        "## 事件 · Events",
        table(("类型 type", "含义 meaning", "字段 fields"), facts),
    )


def _fields(kind: type[Event]) -> list[str]:
    return [field.serialization_alias or name for name, field in kind.model_fields.items()]
