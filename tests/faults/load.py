"""People who use the system while its processes die: each sends a command with a key of its own, again and again until it is answered,
and goes on from what she then sees."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from deploy.demo import roster
from services.chassis.identity import Issuer

STEPS: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    ("reportMatter", "ReportMatter", "resident", {}),
    ("acceptMatter", "AcceptMatter", "group-owner", {"publicSummary": "公告栏待修"}),
    ("solveOnSpot", "SolveOnSpot", "group-owner", {"evidence": "已修好"}),
    ("giveFeedback", "GiveFeedback", "group-owner", {"text": "修好了", "toGroup": "公告栏已修好"}),
    ("rateMatter", "RateMatter", "resident", {"score": 5, "solved": True}),
)
REPORT = {
    "group": "n_group-fukang-1",
    "subCategory": "PUBLIC_FACILITY",
    "urgency": "GREEN",
    "narrative": "公告栏坏了",
}
ANSWER = "{ __typename ... on Case { caseId number version } ... on Refusal { code messageEn allowed retryable } }"
PAUSE = 0.05
"""Seconds between two tries of one command."""
PATIENCE = 90.0
"""Seconds that one command may take, restarts and all."""


@dataclass
class Story:
    """One matter: what was answered for it."""

    key: str
    case_id: str = ""
    number: str = ""
    done: list[str] = field(default_factory=list)


class Load:
    """Some workers, each playing one story after the other."""

    def __init__(self, url: str, issuer: Issuer, seed: int, workers: int = 8) -> None:
        self.stories: list[Story] = []
        self.retries: Counter[str] = Counter()
        """Why commands were sent again."""
        self._issuer = issuer
        self._random = random.Random(seed)
        self._numbers = itertools.count(1)
        self._workers = workers
        self._enough = asyncio.Event()
        limits = httpx.Limits(max_connections=workers * 2)
        self._http = httpx.AsyncClient(base_url=url, timeout=20, limits=limits, trust_env=False)
        self._tokens = {name: self._token(name) for name in ("resident", "group-owner", "chair")}

    def _token(self, name: str) -> str:
        return self._issuer.token(roster.caller(name), datetime.now(UTC))

    async def run(self) -> None:
        """Until `enough`; stories that have begun are finished."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(self._workers):
                workers.create_task(self._work())

    def enough(self) -> None:
        """Begin no more stories."""
        self._enough.set()

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def _work(self) -> None:
        while not self._enough.is_set():
            story = Story(key=f"story-{next(self._numbers):06d}")
            depth = self._random.choice((1, 2, 3, 4, 5, 5, 5))
            for mutation, kind, who, words in STEPS[:depth]:
                given = {**REPORT} if mutation == "reportMatter" else {"caseId": story.case_id, **words}
                if story.case_id:
                    await self._until_allowed(who, story.case_id, kind)
                answer = await self._until_answered(who, mutation, kind, {"idempotencyKey": story.key, **given})
                if not story.case_id:
                    story.case_id, story.number = answer["caseId"], answer["number"]
                    self.stories.append(story)
                story.done.append(mutation)

    async def _until_allowed(self, who: str, case_id: str, kind: str) -> None:
        query = "query($id: String!) { case(caseId: $id) { allowedCommands } }"
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await self.ask(who, query, id=case_id)
                if found and found["case"] and kind in found["case"]["allowedCommands"]:
                    return
                await asyncio.sleep(PAUSE)

    async def _until_answered(self, who: str, mutation: str, kind: str, words: Mapping[str, Any]) -> dict[str, Any]:
        query = f"mutation($input: {kind}Input!) {{ answer: {mutation}(input: $input) {ANSWER} }}"
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await self.ask(who, query, input=words)
                if found is not None:
                    answer: dict[str, Any] = found["answer"]
                    if answer["__typename"] == "Case":
                        return answer
                    assert answer["retryable"], f"{mutation} {words}: {answer}"
                    self.retries[answer["code"]] += 1
                await asyncio.sleep(PAUSE)

    async def ask(self, who: str, query: str, **variables: Any) -> dict[str, Any] | None:
        """The data of an answer; None if there was none, or none that can be relied on."""
        headers = {"authorization": f"Bearer {self._tokens[who]}"}
        try:
            response = await self._http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
            found = response.json()
        except (httpx.TransportError, ValueError) as error:
            self.retries[type(error).__name__] += 1
            return None
        if "errors" in found:
            extensions = found["errors"][0].get("extensions", {})
            assert extensions.get("retryable"), found["errors"]
            self.retries[str(extensions.get("code"))] += 1
            return None
        data: dict[str, Any] = found["data"]
        return data

    async def until_fresh(self, seconds: float = 60) -> None:
        """Until the read model says that everything told before now has been applied."""
        since = datetime.now(UTC)
        async with asyncio.timeout(seconds):
            while True:
                found = await self.ask("chair", "{ asOf { cell asOf } }")
                if (
                    found
                    and found["asOf"]
                    and all(datetime.fromisoformat(cell["asOf"]) > since for cell in found["asOf"])
                ):
                    return
                await asyncio.sleep(PAUSE)
