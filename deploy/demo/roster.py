"""The demonstration roster as data: who is what, and her token's claims."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from services.contracts.callers import Caller, Grant
from services.contracts.organisation import Membership, Node, Role
from services.contracts.regions import Level

FILE = Path(__file__).with_name("roster.yaml")
SINCE = "2020-01-01T00:00:00+08:00"
ISSUER = "yishi-demo"
"""Who issues its people's tokens."""


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def names() -> list[str]:
    """The names of the roles that `yishi token --as` knows."""
    return list(_read()["people"])


def around(places: Iterable[str]) -> list[str]:
    """Those in the counties of some villages, and above them."""
    counties = tuple(place[: Level.COUNTY.width] for place in places)
    regions = {node["id"]: node["region"] for node in _read()["nodes"]}

    def belongs(name: str) -> bool:
        found = [regions[entry["node"]] for entry in _read()["people"][name]]
        return any(region.startswith(county) or county.startswith(region) for region in found for county in counties)

    return [name for name in names() if belongs(name)]


def member_of(name: str) -> str:
    """The opaque member of a role."""
    return f"m_demo-{name}"


def caller(name: str) -> Caller:
    """The caller that a role name stands for. Raises KeyError."""
    regions = {node["id"]: node["region"] for node in _read()["nodes"]}
    grants = tuple(
        Grant(role=Role(entry["role"]), node=entry["node"], region=regions[entry["node"]])
        for entry in _read()["people"][name]
    )
    return Caller(member=member_of(name), grants=grants)


def nodes() -> list[Node]:
    """The nodes with their members in office."""
    members: dict[str, list[Membership]] = {}
    for name, roles in _read()["people"].items():
        for entry in roles:
            membership = Membership.model_validate({"member": member_of(name), "role": entry["role"], "since": SINCE})
            members.setdefault(entry["node"], []).append(membership)
    return [Node(**node, members=tuple(members.get(node["id"], ()))) for node in _read()["nodes"]]
