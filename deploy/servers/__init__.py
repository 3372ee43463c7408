"""Apache Kafka and PostgreSQL on this machine, for the distributed run and the tests."""

from deploy.servers.kafka import KafkaServer
from deploy.servers.postgres import PostgresServer
from deploy.servers.process import Server, ServerError

__all__ = ["KafkaServer", "PostgresServer", "Server", "ServerError"]
