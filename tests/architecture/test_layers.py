"""The walls: who may import whom, how modules are called, how long they are."""

import ast
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from services.contracts.cases import PROFILES, SubCategory
from services.escalation import limits_file

ROOT = Path(__file__).parents[2]
SERVICES = ("intake", "deliberation", "escalation", "notify")
LINES = 300
ROOMS = ("services", "gateway", "deploy")
MODULES = sorted(
    file.relative_to(ROOT) for room in ROOMS for file in (ROOT / room).rglob("*.py") if "versions" not in file.parts
)

ONLY_IN: dict[str, tuple[str, ...]] = {
    "faststream": ("services/chassis/bus",),
    "aiokafka": ("services/chassis/bus", "deploy"),
    "strawberry": ("gateway",),
    "graphql": ("gateway",),
    "httpx": ("services/chassis", "deploy"),
    "typer": ("deploy/cli",),
    "alembic": ("deploy",),
    "jwt": ("services/chassis/identity.py",),
    "cryptography": ("services/chassis/identity.py",),
    "PIL": ("services/chassis/photo_cleaning.py", "deploy/demo"),
    "honcho": ("deploy",),
}
"""Where a library may be imported; elsewhere it would be a second opinion."""

UNIFORM = {"__init__", "service", "tables", "reactions", "commands", "timers", "queries", "store", "rules"}
MORE = {
    "escalation": {
        "limits_file",
        "limits_yaml",
        "calendar_file",
        "data",
        "order_store",
        "order_timers",
        "order_queries",
    },
    "intake": {"disclosure"},
}
"""What a service has beside: readers of the files of time limits and of the calendar; the rooms of its second aggregate, the work order;
the query that builds what a department is told."""

LONGER = {"services/escalation/limits_yaml.py": 310}
"""Modules that are a little over the limit, and how far they may go."""
STORY = re.compile(r"deploy/demo/stories/s\d\d\.py")
"""A story is one table of steps: as long as its scenario."""


@cache
def imports(module: Path) -> Sequence[str]:
    """The full names that a module imports."""
    names = []
    for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively: write the full name"
            names.append(node.module or "")
    return names


SLOW_TO_LOAD = ("sqlalchemy", "strawberry", "faststream", "aiokafka", "uvicorn", "deploy.wiring")
"""What a command that needs no system does not wait for: a token is asked for many times in a tour."""


def test_the_command_line_loads_what_a_command_needs() -> None:
    look = f"import sys, deploy.cli.commands; print(*(name for name in {SLOW_TO_LOAD!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_layers_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """`lint-imports`, with the contracts in pyproject.toml."""
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0, "run .venv/bin/lint-imports to see which import goes up"


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_imported_where_it_belongs(library: str) -> None:
    users = [file for file in MODULES if any(name.split(".")[0] == library for name in imports(file))]
    assert users, f"nobody imports {library}: take its line away"
    strays = [file.as_posix() for file in users if not file.as_posix().startswith(ONLY_IN[library])]
    assert not strays, f"{library} is imported by {strays}"


def test_the_public_language_imports_pydantic_and_nothing_else() -> None:
    for file in MODULES:
        if file.as_posix().startswith("services/contracts/"):
            for name in imports(file):
                room = name.split(".")[0]
                assert room in sys.stdlib_module_names or room == "pydantic" or name.startswith("services.contracts"), (
                    f"{file} imports {name}"
                )


def test_rules_do_no_input_or_output() -> None:
    """What import-linter cannot see: the standard library's own ways out."""
    ways_out = {
        "asyncio",
        "socket",
        "subprocess",
        "pathlib",
        "os",
        "io",
        "tempfile",
        "random",
        "time",
        "logging",
        "threading",
        "urllib",
    }
    for file in MODULES:
        if "rules" in file.parts:
            used = {name.split(".")[0] for name in imports(file)} & ways_out
            assert not used, f"{file} imports {sorted(used)}: rules take what they need as parameters"


@pytest.mark.parametrize("service", SERVICES)
def test_services_have_the_same_rooms(service: str) -> None:
    folder = ROOT / "services" / service
    there = {each.stem for each in folder.iterdir() if each.name != "__pycache__"}
    assert {"__init__", "service", "tables", "reactions", "rules"} <= there
    assert there <= UNIFORM | MORE.get(service, set()), f"{service} has rooms of its own: {sorted(there - UNIFORM)}"
    for package in ("rules", "commands"):
        assert package not in there or (folder / package / "__init__.py").exists()


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_page_lists_has_its_room(service: str) -> None:
    """Commands, timers and queries are in the rooms of those names, and those rooms are not empty."""
    text = (ROOT / "services" / service / "service.py").read_text(encoding="utf-8")
    for word, room in (("commands=", "commands"), ("timers=", "timers.py"), ("queries=", "queries.py")):
        if word in text:
            assert (ROOT / "services" / service / room).exists(), f"{service} lists {word} without {room}"


def test_no_module_is_too_long() -> None:
    lines = {file.as_posix(): len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in MODULES}
    long = {file: count for file, count in lines.items() if count > LONGER.get(file, LINES) and not STORY.match(file)}
    assert not long, f"one job each, about {LINES} lines: split {long}"
    assert all(lines.get(file, 0) > LINES for file in LONGER), "a module of LONGER is short again: take its line away"


def test_packages_hold_names_and_nothing_else() -> None:
    for file in MODULES:
        if file.name != "__init__.py":
            continue
        for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
            is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            is_names = isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == ["__all__"]
            assert is_docstring or is_names or isinstance(node, ast.Import | ast.ImportFrom), (
                f"{file}:{node.lineno} is more than a name"
            )


def test_every_module_says_what_it_is_for() -> None:
    for file in MODULES:
        if file.name != "__init__.py":
            assert ast.get_docstring(ast.parse((ROOT / file).read_text(encoding="utf-8"))), f"{file} has no docstring"


def test_profiles_of_the_contracts_are_those_of_the_time_limits() -> None:
    """Two files say which sub-categories share a profile: one names it in facts, the other gives its times."""
    limits = limits_file.load().of("21").limits
    for sub in SubCategory:
        assert limits.profile_of(sub) == sub.profile, sub
    assert set(PROFILES) == {limits.profile_of(sub) for sub in SubCategory} - {"default"}
