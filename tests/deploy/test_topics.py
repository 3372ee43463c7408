"""The declared table of topics against a real broker, in a cell that no other test uses."""

import logging
import sys

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.cli.main import main
from deploy.servers import KafkaServer
from deploy.topics import Difference, KafkaAway, apply, diff, settings_of, unmended
from services.contracts.topics import INTAKE_ACCESS, INTAKE_CASE, TOPICS

CELL = "2101"


@pytest.mark.kafka
async def test_apply_makes_kafka_as_declared(kafka_server: KafkaServer) -> None:
    servers, case = kafka_server.bootstrap, INTAKE_CASE.in_cell(CELL)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        fewer = NewTopic(case, 2, 1, topic_configs={"retention.ms": "1000", "segment.ms": "77777"})
        await admin.create_topics([fewer, NewTopic(f"{CELL}.stranger", 1, 1)])
        found = await diff(servers, CELL)
        assert len([change for change in found if change.difference is Difference.MISSING]) == len(TOPICS) - 1

        done = await apply(servers, CELL)
        left = [(change.topic, change.difference) for change in unmended(done)]
        assert left == [(case, Difference.PARTITIONS), (f"{CELL}.stranger", Difference.UNDECLARED)]
        assert unmended(await diff(servers, CELL)) == unmended(done)
        assert await apply(servers, CELL) == unmended(done)

        for topic in (INTAKE_CASE, INTAKE_ACCESS):
            own = await set_on(admin, topic.in_cell(CELL))
            assert settings_of(topic).items() <= own.items()
        assert (await set_on(admin, case))["segment.ms"] == "77777", "what an operator set beside the table stays"
        partitions = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
        assert partitions[case] == 2, "with more of them keys would change theirs"
    finally:
        await admin.delete_topics([case, f"{CELL}.stranger"])
        await admin.close()


async def set_on(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    """What was set on the topic itself."""
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    return {entry[0]: entry[1] for entry in answer.resources[0][4] if entry[3] == 1}


async def test_kafka_away_is_one_sentence() -> None:
    with pytest.raises(KafkaAway, match=r"yishi up-distributed"):
        await diff("127.0.0.1:1", CELL)


@pytest.mark.parametrize("command", ["diff", "apply"])
def test_a_broker_away_is_one_sentence_on_the_terminal(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["yishi", "topics", command, "--kafka", "127.0.0.1:1"])
    with monkeypatch.context() as bare:
        bare.setattr(logging.root, "handlers", [])  # pytest's own: without any, a library's lines go to the terminal
        with pytest.raises(SystemExit) as ended:
            main()
    said = capsys.readouterr()
    assert ended.value.code == 1
    assert (said.out, said.err.count("\n")) == ("", 1), said
    assert said.err.startswith("Kafka at 127.0.0.1:1 did not do it")
