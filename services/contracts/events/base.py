"""What every fact has: a key, a version, a type, a schema version."""

from abc import abstractmethod
from functools import cached_property
from typing import ClassVar

from services.contracts.base import Instant, Model


class Event(Model):
    """A fact. `at` is when it became true, by the owner's clock.

    Order is promised per topic and key, never across topics: a reader must cope with a fact of one service arriving
    before the fact of another that caused it.
    """

    service: ClassVar[str]
    schema_version: ClassVar[int] = 1

    at: Instant

    @classmethod
    def type_name(cls) -> str:
        """The CloudEvents type, as in `org.yishi.intake.CaseAccepted.v1`."""
        return f"org.yishi.{cls.service}.{cls.__name__}.v{cls.schema_version}"

    @property
    @abstractmethod
    def key(self) -> str:
        """What the fact is about; the record's key."""

    @property
    @abstractmethod
    def version(self) -> int:
        """Which version of that the fact made; later facts of one key on one topic have higher ones."""

    @property
    @abstractmethod
    def state(self) -> Model | None:
        """The public state after the fact; None of a fact that ends what its topic tells of the subject."""

    @cached_property
    def state_json(self) -> str:
        """The state as tables keep it: written once, whoever of a process hears the fact."""
        return "null" if self.state is None else self.state.model_dump_json(exclude_none=True)
