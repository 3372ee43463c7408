"""One system for all tests: the front door, people with tokens, a clock to move, and `settle()`."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text

from deploy.wiring import SERVICES, System
from gateway.projector import fetch_summaries
from services.chassis.clock import ManualClock
from services.chassis.identity import Issuer
from services.chassis.service import Acting
from services.contracts.callers import Caller, Grant
from services.contracts.commands.intake import ImportRegions, PutNode
from services.contracts.organisation import Role, federation_of, rights_department_of
from services.escalation.rules.calendar import SHANGHAI
from services.escalation.rules.limits import RuleBook
from services.intake.commands.roster import import_regions, put_node
from tests.straight import Straight

PROVINCE = "21"
SINCE = "2020-01-01T00:00:00+08:00"
START = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
"""A Monday morning, far from any holiday."""

CASE = """{ caseId id number state region caseClass category subCategory urgency version custodyVersion outcome level docket summary
  allowedCommands holder { code } clock { stage dueAt lamp overdue } clocks { stage state dueAt overdue provisional }
  entries { level state } timeline { kind service } }"""
ANSWER = f"{{ __typename ... on Case {CASE} ... on Refusal {{ code messageZh messageEn allowed retryable }} }}"

LEFT_BEHIND = {
    "escalation": (
        "DELETE FROM order_due WHERE order_id IN (SELECT o.id FROM work_order o JOIN custody c ON c.id = o.case_id WHERE c.region LIKE :county)",
        "DELETE FROM due WHERE case_id IN (SELECT id FROM custody WHERE region LIKE :county)",
    ),
    "deliberation": ("DELETE FROM due WHERE id IN (SELECT id FROM docket WHERE region LIKE :county)",),
}
"""What time would bring to the matters of a county."""

AT_ONCE = 4
"""Places founded at a time at most."""

_keys = itertools.count(1)


def key() -> str:
    """A fresh idempotency key."""
    return f"test-key-{next(_keys):08d}"


def codes_of(number: int) -> tuple[str, str]:
    """The city and the county of a place by its number: no two places share a county, and no real city (2101 to 2114) is taken."""
    city = f"21{15 + number % 85:02d}"
    return city, f"{city}{1 + number // 85:02d}"


class Answered(dict[str, Any]):
    """What a mutation answered: a matter, Done, or a refusal."""

    @property
    def code(self) -> str | None:
        """The refusal's code; None if it was done."""
        return self["code"] if self.get("__typename") == "Refusal" else None


class Person:
    """Somebody with a token, at the front door."""

    def __init__(self, harness: "Harness", caller: Caller | None) -> None:
        self.harness = harness
        self.caller = caller
        self._token: tuple[Issuer, datetime, str] | None = None

    @property
    def member(self) -> str:
        """Her opaque id."""
        assert self.caller is not None
        return self.caller.member

    def token(self) -> str:
        """A token of this moment, by the test's clock."""
        assert self.caller is not None
        issuer, now = self.harness.issuer, self.harness.clock.now()
        if self._token is None or self._token[:2] != (issuer, now):
            self._token = (issuer, now, issuer.token(self.caller, now))
        return self._token[2]

    def headers(self) -> dict[str, str]:
        """What she sends along."""
        return {"authorization": f"Bearer {self.token()}"} if self.caller else {}

    async def raw(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The whole response body."""
        body = {"query": query, "variables": dict(variables or {})}
        response = await self.harness.http.post("/graphql", json=body, headers=self.headers())
        found: dict[str, Any] = response.json()
        return found

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The data of a query that must succeed."""
        found = await self.raw(query, variables)
        assert "errors" not in found, json.dumps(found["errors"], ensure_ascii=False)
        data: dict[str, Any] = found["data"]
        return data

    async def do(self, mutation: str, *, returns: str = ANSWER, **input: Any) -> Answered:
        """A mutation by its name; the input's key is made up unless given."""
        kind = mutation[0].upper() + mutation[1:]
        kind = {"Acknowledge": "Matter"}.get(kind, kind)
        words = {"idempotencyKey": key(), **input}
        query = f"mutation($input: {kind}Input!) {{ answer: {mutation}(input: $input) {returns} }}"
        return Answered((await self.ask(query, {"input": words}))["answer"])

    async def case(self, case_id: str) -> dict[str, Any] | None:
        """A matter as she sees it."""
        found: dict[str, Any] | None = (
            await self.ask(f"query($id: String!) {{ case(caseId: $id) {CASE} }}", {"id": case_id})
        )["case"]
        return found

    async def inbox(self) -> list[str]:
        """The kinds of what lies in her inbox and on her boards, newest first; boards as `board:KIND`."""
        found = await self.ask("{ me { inbox(first: 100) { edges { node { kind board } } } } }")
        nodes = [edge["node"] for edge in found["me"]["inbox"]["edges"]]
        return [("board:" if node["board"] else "") + node["kind"] for node in nodes]

    async def report(self, home: "Place", **input: Any) -> Answered:
        """Report a matter in her group."""
        given = {"group": home.group, "subCategory": "PUBLIC_FACILITY", "urgency": "GREEN", "narrative": "公告栏坏了"}
        return await self.do("reportMatter", **{**given, **input})


@dataclass
class Place:
    """A village of its own for one test, with everybody above, beside and in it."""

    city: str
    county: str
    township: str
    village: str
    group: str
    people: dict[str, Person] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Person:
        try:
            return self.__dict__["people"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None


class Plan(NamedTuple):
    """A place, and what founds it."""

    place: Place
    regions: list[dict[str, str]]
    nodes: list[dict[str, Any]]


class Harness:
    """A running system and the means to use it."""

    def __init__(self, kind: str, system: System, clock: ManualClock, issuer: Issuer) -> None:
        self.kind = kind
        self.system = system
        self.clock = clock
        self.issuer = issuer
        self.http = Straight(system.app, "http://yishi")
        self._places = itertools.count()
        self._founded: list[Place] = []
        self._found_lately = 0
        self._told = 0
        """How often a service has committed facts: what nothing was added to between two looks has not moved between them."""
        for part in system.wiring.parts.values():
            part.room.on_commit = self._counted(part.room.on_commit)
        self.operator = self.person("m_operator", (Role.OPERATOR, "n_cell-21", PROVINCE))
        self.anonymous = Person(self, None)

    def person(self, member: str, *grants: tuple[Role, str, str]) -> Person:
        """Somebody with these roles."""
        return Person(self, Caller(member=member, grants=tuple(Grant(role=r, node=n, region=g) for r, n, g in grants)))

    def room(self, name: str) -> Any:
        """A service's room."""
        return self.system.room(name)

    async def new_place(self) -> Place:
        """A county nobody else uses: a village with its group, a second group, a sibling village in another township, and their people.

        Founded several at once, twice as many each time up to AT_ONCE: most of what a place costs is everybody's hearing of it.
        """
        if not self._founded:
            self._found_lately = min(max(1, self._found_lately * 2), AT_ONCE)
            founding = [self._plan() for _ in range(self._found_lately)]
            await self._found(founding)
            self._founded = [plan.place for plan in founding]
        await self.settle()
        return self._founded.pop(0)

    def _plan(self) -> "Plan":
        city, county = codes_of(next(self._places))
        township, beside = f"{county}001", f"{county}002"
        village, sibling = f"{township}001", f"{beside}001"
        rows = [
            (PROVINCE, "省"),
            (city, "市"),
            (county, "县"),
            (township, "街道"),
            (beside, "乡"),
            (village, "社区"),
            (sibling, "村"),
        ]
        place = Place(city, county, township, village, f"n_g-{village}")
        second, third = f"n_g2-{village}", f"n_g-{sibling}"
        roles: dict[str, tuple[Role, str, str]] = {
            "resident": (Role.RESIDENT, place.group, village),
            "neighbour": (Role.RESIDENT, place.group, village),
            "representative": (Role.REPRESENTATIVE, place.group, village),
            "unit_leader": (Role.UNIT_LEADER, place.group, village),
            "owner": (Role.GROUP_OWNER, place.group, village),
            "second_owner": (Role.GROUP_OWNER, second, village),
            "second_resident": (Role.RESIDENT, second, village),
            "council_member": (Role.COUNCIL_MEMBER, f"n_council-{village}", village),
            "exec_member": (Role.EXEC_MEMBER, federation_of(village), village),
            "chair": (Role.CHAIR, federation_of(village), village),
            "sibling_resident": (Role.RESIDENT, third, sibling),
            "sibling_owner": (Role.GROUP_OWNER, third, sibling),
            "sibling_exec": (Role.EXEC_MEMBER, federation_of(sibling), sibling),
            "sibling_chair": (Role.CHAIR, federation_of(sibling), sibling),
            "township_officer": (Role.OFFICER, federation_of(township), township),
            "township_chair": (Role.CHAIR, federation_of(township), township),
            "beside_officer": (Role.OFFICER, federation_of(beside), beside),
            "county_officer": (Role.OFFICER, federation_of(county), county),
            "county_chair": (Role.CHAIR, federation_of(county), county),
            "rights_officer": (Role.RIGHTS_OFFICER, rights_department_of(county), county),
            "city_officer": (Role.OFFICER, federation_of(city), city),
            "city_chair": (Role.CHAIR, federation_of(city), city),
            "liaison": (Role.LIAISON, f"n_dept-water-{county}", county),
            "second_liaison": (Role.LIAISON, f"n_dept-water-{county}", county),
            "heating_liaison": (Role.LIAISON, f"n_dept-heating-{county}", county),
            "housing_liaison": (Role.LIAISON, f"n_dept-housing-{county}", county),
            "township_liaison": (Role.LIAISON, f"n_dept-roads-{township}", township),
            "volunteer": (Role.VOLUNTEER, place.group, village),
            "inspector": (Role.INSPECTOR, federation_of(city), city),
        }
        kinds = {
            place.group: "GROUP",
            second: "GROUP",
            third: "GROUP",
            f"n_council-{village}": "COUNCIL",
        }
        departments = {
            f"n_dept-water-{county}": "WATER",
            f"n_dept-heating-{county}": "HEATING",
            f"n_dept-housing-{county}": "HOUSING",
            f"n_dept-roads-{township}": "ROADS",
        }
        members: dict[str, list[dict[str, str]]] = {second: [], third: []}
        where: dict[str, str] = {}
        for name, (role, node, region) in roles.items():
            member = f"m_{village}-{name.replace('_', '-')}"
            place.people[name] = self.person(member, (role, node, region))
            members.setdefault(node, []).append({"member": member, "role": role.value, "since": SINCE})
            where[node] = region
        members[federation_of(PROVINCE)] = [
            {"member": "m_province-officer", "role": Role.OFFICER.value, "since": SINCE}
        ]
        where[federation_of(PROVINCE)] = PROVINCE
        stated = [
            {
                "id": node,
                "kind": "DEPARTMENT" if node in departments else kinds.get(node, "FEDERATION"),
                "region": where[node],
                "name": node,
                "members": people,
                "delegatedToOwner": node == place.group,
                "department": departments.get(node),
            }
            for node, people in members.items()
        ]
        place.people["province_officer"] = self.person(
            "m_province-officer", (Role.OFFICER, federation_of(PROVINCE), PROVINCE)
        )
        place.people["operator"] = self.operator
        return Plan(place, [{"code": code, "name": name} for code, name in rows], stated)

    async def _found(self, plans: Sequence[Plan]) -> None:
        """As an operator's commands do it, all in one transaction: each command by itself costs every test a tenth of its time."""
        assert self.operator.caller is not None
        acting = Acting(self.operator.caller, self.operator.caller.grants[0])
        async with self.room("intake").transaction(commanded=True) as tx:
            regions = {"idempotencyKey": key(), "regions": [line for plan in plans for line in plan.regions]}
            await import_regions(tx, acting, ImportRegions.model_validate(regions))
            for node in [node for plan in plans for node in plan.nodes]:
                await put_node(tx, acting, PutNode.model_validate({"idempotencyKey": key(), "node": node}))

    async def operate(self, name: str, command: dict[str, Any]) -> None:
        """A command of the operator's, at intake's door."""
        calls = self.system.wiring.calls
        assert calls is not None
        await calls.command("intake", name, {"idempotencyKey": key(), **command}, {}, self.operator.token())

    async def settle(self, seconds: float = 30) -> None:
        """Until every outbox is empty, every consumer at the end, every summary fetched: others' views are then what they will be."""
        end = time.monotonic() + seconds
        while not await self._quiet():
            if time.monotonic() > end:
                raise AssertionError(f"not settled after {seconds} s: {await self._state()}")
            await asyncio.sleep(0.005)

    async def _quiet(self) -> bool:
        """One look suffices if no fact was committed meanwhile: a consumer keeps its offsets only after what it told in turn was counted."""
        told = self._told
        if (
            await self._consuming()
        ):  # asks no server, so it is asked first; and again, for what an outbox held meanwhile
            return False
        for part in self.system.wiring.parts.values():
            if part.room.relayed and (await part.room.unsent())[0]:
                return False
        return not await self._consuming() and await fetch_summaries(self.room("gateway")) == 0 and self._told == told

    async def _consuming(self) -> bool:
        """Whether a consumer is behind, or does not know."""
        try:
            consumers = [part.runtime.consumer for part in self.system.wiring.parts.values()]
            return any([consumer and await consumer.lag() for consumer in consumers])
        except ConnectionError:
            return True

    def _counted(self, ring: Callable[[], None]) -> Callable[[], None]:
        def told() -> None:
            self._told += 1
            ring()

        return told

    async def _state(self) -> dict[str, Any]:
        found = {}
        for name, part in self.system.wiring.parts.items():
            try:
                lag: object = await part.runtime.consumer.lag() if part.runtime.consumer else 0
            except ConnectionError as error:
                lag = str(error)
            found[name] = {"unsent": (await part.room.unsent())[0], "lag": lag, "held": await part.room.held()}
        return found

    async def advance(self, **by: float) -> None:
        """Move the clock, run every timer once, settle."""
        self.clock.advance(timedelta(**by))
        await self.run_timers()

    def in_(self, **by: float) -> datetime:
        """A moment so much later."""
        return self.clock.now() + timedelta(**by)

    async def until(self, moment: str) -> None:
        """Move the clock just past a moment (ISO 8601), run every timer once, settle."""
        left = datetime.fromisoformat(moment) - self.clock.now()
        await self.advance(seconds=left.total_seconds() + 2)

    async def to_a_monday(self) -> None:
        """Nine o'clock of the Monday of three ordinary weeks, without a holiday or a weekend that is worked: now, if it is, or the next one.
        What a test counts in working days is then the same whatever ran before it."""
        calendar = self.room("escalation").get(RuleBook).of(PROVINCE).calendar
        now = self.clock.now().astimezone(SHANGHAI)
        start = datetime.combine(now.date(), START.timetz())

        def ordinary(day: date) -> bool:
            return bool(calendar.is_working(day)) == (day.weekday() < 5)

        while start < now or start.weekday() or not all(ordinary(start.date() + timedelta(n)) for n in range(21)):
            start += timedelta(days=1)
        if start > now:
            await self.advance(seconds=(start - now).total_seconds())

    async def let_all_run_out(self) -> None:
        """Three quarters of a year, so that no clock of anything begun before is flagged later."""
        for _ in range(3):
            await self.advance(days=90)
        await self.to_a_monday()

    async def leave(self, place: "Place") -> None:
        """Time brings no more to what a test leaves open in its place: else every later test that moves the clock waits for the urging
        of all matters before it."""
        # What the test asked last may still be taken in, and would wait for these rows as these do for it.
        await self.settle()
        here = {"county": f"{place.county}%"}
        for service, statements in LEFT_BEHIND.items():
            async with self.room(service).database.write() as connection:
                for statement in statements:
                    await connection.execute(text(statement), here)

    async def run_timers(self) -> None:
        """Every service's timers once."""
        for name in SERVICES:
            await self.system.wiring.parts[name].runtime.run_timers()
        await self.settle()

    async def rows(self, service: str, statement: str, **values: Any) -> Sequence[Any]:
        """Look into a service's own tables: for what has no front door, such as "nothing was written"."""
        async with self.room(service).database.read() as connection:
            found: Sequence[Any] = (await connection.execute(text(statement), values)).all()
        return found

    async def snapshot(self) -> dict[str, int]:
        """How many rows each table of each service has, leases and offsets aside: equal before and after means nothing happened."""
        counts: dict[str, int] = {}
        for name, part in self.system.wiring.parts.items():
            tables = part.room.service.metadata.tables.keys() - {"lease", "position", "freshness", "access_log"}
            each = [f"SELECT '{table}' AS name, count(*) AS rows FROM \"{table}\"" for table in sorted(tables)]
            counts |= {f"{name}.{row.name}": row.rows for row in await self.rows(name, " UNION ALL ".join(each))}
        return counts

    async def no_dead_letters(self) -> None:
        """Nothing is held anywhere."""
        held = {name: await part.room.held() for name, part in self.system.wiring.parts.items()}
        assert not any(held.values()), held

    async def solved(self, place: Place, **input: Any) -> str:
        """A matter of S00, up to RESOLVED."""
        case_id = str((await place.resident.report(place, **input))["caseId"])
        await self.settle()
        await place.owner.do("acceptMatter", caseId=case_id, publicSummary="公告栏待修")
        await self.settle()
        assert (await place.owner.do("solveOnSpot", caseId=case_id, evidence="已修好")).code is None
        await self.settle()
        return case_id
