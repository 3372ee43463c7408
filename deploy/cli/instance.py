"""The running instance, as the command line talks to it: over HTTP, with an operator's token. The data folder belongs to it alone."""

from collections.abc import Mapping
from typing import Annotated, Any

import httpx
import typer

from deploy.cli.token import issue
from deploy.starting import CannotStart, address, running_at
from services.chassis.settings import Settings

Url = Annotated[str, typer.Option(help="Where Yishi runs; by default the run that uses the data folder.")]
Token = Annotated[
    str, typer.Option(help="An operator's token; by default one of the demonstration's.", envvar="YISHI_TOKEN")
]


class RefusedThere(Exception):
    """The instance turned the request down, in its own words."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.code = str(body.get("code", ""))
        super().__init__(f"{body.get('messageZh', '')}\n{body.get('messageEn', '')}")


class Instance:
    """A gateway and who asks. `client` is given by tests."""

    def __init__(self, url: str = "", token: str = "", *, client: httpx.Client | None = None) -> None:
        settings = Settings()
        self.url = url or running_at(settings.data) or address(settings)
        self._token = token or issue("operator")
        if not (self._token.isascii() and self._token.isprintable()):
            raise CannotStart("That is no token (--token, YISHI_TOKEN): it has characters that none has.")
        try:
            self._client = client or httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        except httpx.InvalidURL:
            raise CannotStart(f"{self.url} is no address: give one such as --url http://127.0.0.1:8000.") from None

    def get(self, path: str, **params: str) -> Any:
        """Raises CannotStart, RefusedThere."""
        return self._send("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any], *, seconds: float | None = 30) -> Any:
        """Raises CannotStart, RefusedThere. `seconds` None: however long it takes."""
        return self._send("POST", path, json=dict(body), timeout=seconds)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """GraphQL. Raises CannotStart, RefusedThere."""
        answer = self.post("/graphql", {"query": query, "variables": variables})
        for error in answer.get("errors") or ():
            extensions = error.get("extensions") or {}
            raise RefusedThere({"messageEn": error.get("message", ""), **extensions})
        data: dict[str, Any] = answer["data"]
        return data

    def _send(self, method: str, path: str, **given: Any) -> Any:
        try:
            answer = self._client.request(method, path, headers={"authorization": f"Bearer {self._token}"}, **given)
            found = answer.json()
        except httpx.HTTPError as error:
            raise CannotStart(
                f"Nothing answers at {self.url} ({type(error).__name__}): start Yishi (make up), or say where it is with --url."
            ) from None
        except ValueError:
            raise CannotStart(f"What answers at {self.url} is not Yishi: say where it is with --url.") from None
        if isinstance(found, dict) and "refusal" in found:
            raise RefusedThere(found["refusal"])
        if isinstance(found, dict) and set(found) == {"error"}:
            raise CannotStart(str(found["error"]))
        return found
