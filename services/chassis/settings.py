"""Every setting is an environment variable that begins with YISHI_. `docs/settings.md` is generated from here."""

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.chassis.crash import CrashPlan

PREFIX = "YISHI_"
FOR_TESTS = ("test_clock", "crash")
"""What nobody but a test may set."""
OF_THE_COMMAND_LINE = ("YISHI_TOKEN",)
"""What is read by commands that ask a running instance."""
ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
"""As browsers send it (RFC 6454, 6.2), or any."""


class Settings(BaseSettings):
    """Read once, when a process starts."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    host: str = Field("127.0.0.1", description="Address the gateway and the services listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port of the gateway.")
    intake_port: int = Field(8101, ge=1, le=65535, description="Port of intake in a distributed run.")
    deliberation_port: int = Field(8102, ge=1, le=65535, description="Port of deliberation in a distributed run.")
    escalation_port: int = Field(8103, ge=1, le=65535, description="Port of escalation in a distributed run.")
    notify_port: int = Field(8104, ge=1, le=65535, description="Port of notify in a distributed run.")
    projector_port: int = Field(
        8105, ge=1, le=65535, description="Port of the projector's health and metrics in a distributed run."
    )
    kafka_port: int = Field(
        19092, ge=1, le=65535, description="Port of the Kafka broker that `make up-distributed` starts."
    )
    postgres_port: int = Field(
        15432, ge=1, le=65535, description="Port of the PostgreSQL cluster that `make up-distributed` starts."
    )
    data: Path = Field(Path("data"), description="Folder for everything that is kept: databases, photos, keys.")
    cell: str = Field("21", pattern=r"^21(\d\d)?$", description="The region prefix that this cell owns.")
    kafka: str = Field("", description="Kafka bootstrap servers, comma separated; empty in the embedded run.")
    postgres: str = Field(
        "", description="PostgreSQL address without a database, as in user@127.0.0.1:15432; empty in the embedded run."
    )
    jwks: Path | None = Field(
        None, description="File with the public keys of the token issuers (JWKS); by default DATA/keys/jwks.json."
    )
    audience: str = Field("yishi", description="The audience that a token must name.")
    allowed_origins: str = Field("", description="Origins of front ends that browsers may call from, comma separated.")
    demo_issuer: bool = Field(False, description="Let `yishi token` issue demonstration tokens in a distributed run.")
    graphiql: bool = Field(False, description="Offer GraphiQL in a distributed run, too.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged: DEBUG, INFO, WARNING or ERROR."
    )
    causality_wait: float = Field(
        2.0, ge=0, description="Seconds that a command waits for facts its caller has seen, before NOT_YET_KNOWN."
    )
    limits: Path | None = Field(
        None, description="Folder with time limits and calendars that are laid over the ones that come along."
    )
    test_clock: Path | None = Field(
        None, description="File that all processes of a test read the time from; tests only."
    )
    crash: str = Field(
        "",
        description="Where a process of a test kills itself, as point:probability:seed, comma separated; tests only.",
    )
    testing: bool = Field(False, description="Allow what only tests may do.")

    @field_validator("host", "data", "jwks", "audience", "limits", mode="before")
    @classmethod
    def _not_empty(cls, value: Any, info: ValidationInfo) -> Any:
        """Empty, a folder would be the one that we stand in, and the host every address of the machine."""
        if isinstance(value, str) and not value.strip():
            about = (cls.model_fields[str(info.field_name)].description or "").removesuffix(".")
            raise ValueError(f"must not be empty: leave it out, or set it ({about[:1].lower()}{about[1:]})")
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for origin in _split(value):
            if not ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin} is no origin: write https://front.example or http://localhost:5173, in small letters and without a path"
                )
        return value

    @model_validator(mode="after")
    def _only_tests_may(self) -> Self:
        for name in FOR_TESTS:
            if getattr(self, name) and not self.testing:
                raise ValueError(
                    f"{PREFIX}{name.upper()} is for tests: it needs {PREFIX}TESTING=1, and no one else should set that"
                )
        for plan in self.crash.split(",") if self.crash else ():
            CrashPlan.parse(plan)
        return self

    def url_of(self, port: int) -> str:
        """Where something listens on a port of our address."""
        return f"http://[{self.host}]:{port}" if ":" in self.host else f"http://{self.host}:{port}"

    @property
    def origins(self) -> tuple[str, ...]:
        """Of front ends that browsers may call from."""
        return _split(self.allowed_origins)

    @property
    def keys(self) -> Path:
        """Where the key sets are."""
        return self.data / "keys"

    @property
    def jwks_file(self) -> Path:
        """The key set to trust."""
        return self.jwks or self.keys / "jwks.json"

    @property
    def system_keys(self) -> Path:
        """Where the system's own issuer keeps its key: apart, so that no other key set has to name it."""
        return self.keys / "system"

    @property
    def system_jwks_file(self) -> Path:
        """Its key set, which is trusted as well."""
        return self.system_keys / "jwks.json"

    def port_of(self, service: str) -> int:
        """The port that a service, the gateway or the projector listens on in a distributed run."""
        return self.port if service == "gateway" else int(getattr(self, f"{service}_port"))


def _split(words: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(word.strip() for word in words.split(",") if word.strip())


def sentence_of(error: ValidationError) -> str:
    """What is wrong with the settings, in one sentence for whoever set them."""
    first = error.errors(include_url=False, include_input=False)[0]
    variable = "".join(f"{PREFIX}{name}: ".upper() for name in first["loc"])
    return f"{variable}{first['msg'].removeprefix('Value error, ')}."


def misspelt(names: Iterable[str]) -> Iterator[str]:
    """One sentence for each name of the environment that looks like a setting and is none."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields] + list(OF_THE_COMMAND_LINE)
    for name in sorted(names):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            meant = f"did you mean {near[0]}?" if near else "docs/settings.md lists them all."
            yield f"{name} is no setting and changes nothing: {meant}"
