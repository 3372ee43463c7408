"""The README says only what is true: its tour is played as it stands, and every answer it shows is the answer that comes."""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from deploy.demo import roster
from deploy.demo.seed import seed
from deploy.wiring import whole_system
from services.chassis.bus.embedded import EmbeddedBus
from services.chassis.clock import ManualClock
from services.chassis.identity import Issuer
from services.chassis.settings import Settings
from tests.harness import START, Harness, Person

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```(graphql|json)\n(.*?)```|--as ([a-z-]+)", re.DOTALL)
CASE_ID = re.compile(r"2103-[0-9A-Z]{26}")
VARYING = re.compile(r"21-2103-\d{8}-\d{6}|2103-[0-9A-Z]{26}|\d{4}-\d\d-\d\dT[\d:.]+\+00:00")


def tour() -> list[tuple[str, str, dict[str, Any] | None]]:
    """Role, query, and the answer shown, in order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## A tour")[1].split("\n## ")[0]
    role = "resident"
    steps: list[tuple[str, str, dict[str, Any] | None]] = []
    for found in BLOCK.finditer(text):
        kind, body, named = found.groups()
        if named:
            role = named
        elif kind == "graphql":
            steps.append((role, body, None))
        else:
            steps[-1] = (*steps[-1][:2], json.loads(body))
    return steps


def plain(answer: Any) -> str:
    """An answer without what differs from run to run."""
    return VARYING.sub("…", json.dumps(answer, ensure_ascii=False, sort_keys=True))


async def test_the_tour_is_true() -> None:
    with tempfile.TemporaryDirectory(prefix="yishi-readme-") as folder:
        settings = Settings(data=Path(folder), testing=True)
        clock = ManualClock(START)
        issuer = Issuer.kept_in(settings.keys, "yishi-test", settings.audience)
        async with whole_system(settings, EmbeddedBus(), clock=clock, timers=False) as system:
            harness = Harness("embedded", system, clock, issuer)
            assert system.wiring.calls is not None
            await seed(system.wiring.calls, issuer.token(roster.caller("operator"), clock.now()))
            await harness.settle()
            case_id, steps = "", tour()
            assert len(steps) >= 10
            for role, query, shown in steps:
                told = await Person(harness, roster.caller(role)).raw(CASE_ID.sub(case_id, query))
                assert "errors" not in told, (query, told)
                if shown is not None:
                    assert plain(told) == plain(shown), query
                elif "Refusal" in json.dumps(told) or '"code"' in json.dumps(told):
                    raise AssertionError((query, told))
                case_id = (told["data"].get("reportMatter") or {"caseId": case_id})["caseId"]
                await harness.settle()
            await harness.http.aclose()


def test_every_file_that_the_readmes_name_is_there() -> None:
    for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            if not target.startswith("http"):
                assert (ROOT / target).exists(), f"{name} names {target}"


def test_the_recipe_of_contributing_names_the_files_where_its_command_is() -> None:
    recipe = (
        (ROOT / "CONTRIBUTING.md")
        .read_text(encoding="utf-8")
        .split("## Add a command")[1]
        .split("Then `make schema`")[0]
    )
    named = re.findall(r"`([\w/]+\.py)`", recipe)
    assert len(named) == 9
    for path in named:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert path == "services/contracts/refusals.py" or "CallBack" in text or "def call_back(" in text, path
