"""`docs/asyncapi.yaml`: the topics as an AsyncAPI 3.0 document, from the table of topics and the event models alone."""

from typing import Any

import yaml
from pydantic import TypeAdapter

from deploy.documents.events import EVENT_TYPES, file_of, first_sentences
from deploy.documents.words import EVENTS, RETENTIONS, TOPICS
from deploy.topics import settings_of
from services.chassis.settings import Settings
from services.chassis.wire import MAX_RECORD
from services.contracts import topics
from services.contracts.events.base import Event
from services.contracts.ids import CaseId, MemberId, NodeId, OrderId
from services.contracts.regions import RegionCode
from services.contracts.topics import Topic

BINDING = "0.5.0"
"""Version of AsyncAPI's Kafka bindings."""
ORDER = (
    "同一主题、同一键内有序；主题之间不保证先后。可能重复，按 ce_id 去重。"
    "Order is promised within a topic and key, never across topics: a fact of one service may arrive before the fact of another "
    "that caused it. A record may come twice: its ce_id tells."
)
INFO = (
    "议事平台的事实。CloudEvents 1.0，二进制模式：属性在消息头，数据是 JSON。"
    "The facts of Yishi as CloudEvents 1.0 in binary mode: attributes are headers, the value is the data as JSON.\n\n"
    f"{ORDER}\n\n"
    "忽略不认识的字段；不认识的类型或版本应搁置并告警，不要丢弃。数据中没有任何人写的文字，也没有姓名、电话、地址。"
    "Ignore fields that you do not know; hold, do not drop, a type or version that you do not know. No record carries words that a person "
    "wrote, nor a name, a telephone number or an address of one. A record without a value erases its key (compacted topics only). "
    f"A value has at most {MAX_RECORD // 1024} KiB."
)
KEYS: dict[str, Any] = {
    "case id": CaseId,
    "order id": OrderId,
    "node id": NodeId,
    "region code": RegionCode,
    "member or group": MemberId | NodeId,
}


class _Dumper(yaml.SafeDumper):
    """YAML without anchors: what stands twice is written twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def asyncapi_text() -> str:
    """The document as the text of its file."""
    return yaml.dump(asyncapi(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)


def asyncapi() -> dict[str, Any]:
    """The document."""
    settings = Settings.model_fields
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "议事 Yishi",
            "version": "1.0.0",
            "description": INFO,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "cell": {
                "host": f"127.0.0.1:{settings['kafka_port'].default}",
                "protocol": "kafka",
                "description": "`make up-distributed` 所启动的 Kafka。The Kafka that `make up-distributed` starts; otherwise YISHI_KAFKA.",
            }
        },
        "channels": {topic.name: _channel(topic) for topic in topics.TOPICS},
        "operations": {name: operation for topic in topics.TOPICS for name, operation in _operations(topic).items()},
        "components": {
            "parameters": {
                "cell": {
                    "description": "平台负责的区划前缀：21 为全省，2101 为一市。The region prefix that a cell owns: 21, or a city's four digits.",
                    "default": str(settings["cell"].default),
                    "examples": ["21", "2101"],
                }
            },
            "schemas": {"CloudEvent": _headers()},
            "messages": {kind.type_name(): _message(kind) for kind in EVENT_TYPES},
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    zh, en = TOPICS.get(topic.name, ("", ""))
    kept_zh, kept_en = RETENTIONS[topic.retention]
    return {
        "address": topic.in_cell("{cell}"),
        "title": topic.name,
        "description": f"{zh}{en} 键 key: {topic.key}. 保留 kept: {kept_zh}, {kept_en}. {ORDER}",
        "servers": [{"$ref": "#/servers/cell"}],
        "parameters": {"cell": {"$ref": "#/components/parameters/cell"}},
        "messages": {kind.type_name(): {"$ref": f"#/components/messages/{kind.type_name()}"} for kind in topic.events},
        "bindings": {"kafka": _topic_binding(topic)},
        "x-owner": topic.owner,
        "x-readers": sorted(topic.readers),
        "x-key": {"description": topic.key, "schema": _key(topic)},
        "x-retention": topic.retention.value,
    }


def _topic_binding(topic: Topic) -> dict[str, Any]:
    """What AsyncAPI has names for; `yishi topics diff` shows the rest."""
    settings = settings_of(topic)
    numbers = ("retention.ms", "retention.bytes", "delete.retention.ms", "max.message.bytes")
    return {
        "partitions": topic.partitions,
        "topicConfiguration": {
            "cleanup.policy": [settings["cleanup.policy"]],
            **{name: int(settings[name]) for name in numbers if name in settings},
        },
        "bindingVersion": BINDING,
    }


def _operations(topic: Topic) -> dict[str, Any]:
    """One sender, and everyone who reads it in a consumer group of her own."""
    channel = f"#/channels/{topic.name}"
    messages = [{"$ref": f"{channel}/messages/{kind.type_name()}"} for kind in topic.events]
    common = {"channel": {"$ref": channel}, "messages": messages}
    sends = {f"{topic.owner}.send.{topic.name}": {"action": "send", "title": f"{topic.owner} 发布 publishes", **common}}
    reads = {
        f"{reader}.receive.{topic.name}": {"action": "receive", "title": f"{reader} 读取 reads", **common}
        for reader in sorted(topic.readers)
    }
    return sends | reads


def _message(kind: type[Event]) -> dict[str, Any]:
    name, family = kind.type_name(), kind.__name__
    own = {
        "type": "object",
        "properties": {
            "ce_type": {"const": name},
            "ce_source": {"type": "string", "pattern": rf"^/yishi/21(\d\d)?/{kind.service}$"},
        },
    }
    return {
        "name": name,
        "title": family,
        "summary": f"{EVENTS.get(family, family)}。{first_sentences(kind.__doc__)}",
        "contentType": "application/json",
        "correlationId": {
            "description": "同一次操作引起的一切事实带同一个编号。The same for all that one request brought about.",
            "location": "$message.header#/ce_correlationid",
        },
        "headers": {"allOf": [{"$ref": "#/components/schemas/CloudEvent"}, own]},
        "payload": {"$ref": f"./{file_of(kind).removeprefix('docs/')}"},
        "bindings": {"kafka": {"key": _key_of(kind), "bindingVersion": BINDING}},
    }


def _key_of(kind: type[Event]) -> dict[str, Any]:
    return _key(next(topic for topic in topics.TOPICS if kind in topic.events))


def _key(topic: Topic) -> dict[str, Any]:
    return TypeAdapter(KEYS[topic.key]).json_schema()


def _headers() -> dict[str, Any]:
    """The attributes of every record, as services.chassis.wire writes them."""
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "description": "CloudEvents 1.0 的属性（Kafka 二进制模式）。Attributes of CloudEvents 1.0 in Kafka's binary mode.",
        "required": [
            "content-type",
            "ce_specversion",
            "ce_id",
            "ce_source",
            "ce_type",
            "ce_subject",
            "ce_time",
            "ce_partitionkey",
            "ce_correlationid",
        ],
        "properties": {
            "content-type": {"const": "application/json"},
            "ce_specversion": {"const": "1.0"},
            "ce_id": {**text, "description": "重复投递时不变。The same when a record comes again."},
            "ce_source": {**text, "description": "/yishi/<cell>/<service>"},
            "ce_type": {**text, "description": "org.yishi.<service>.<event>.v<version>"},
            "ce_subject": {**text, "description": "事实所关于的对象。What the fact is about."},
            "ce_time": {"type": "string", "format": "date-time", "description": "何时成为事实。When it became true."},
            "ce_partitionkey": {**text, "description": "即消息键。The key of the record."},
            "ce_correlationid": {"type": "string"},
        },
    }
