"""Who may ask what: every command as every role in scope, beside, above and below, anonymous and with forged tokens (domain 1.3).

`ORACLE` is written by hand from the dossier and knows nothing of `services.contracts.permissions`, so that a wrong line there is noticed.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.chassis.identity import Issuer
from services.contracts.commands import deliberation, escalation, intake, notify, orders
from services.contracts.organisation import Role, council_of, federation_of, rights_department_of
from services.contracts.permission_table import TABLE
from tests.access.council_oracle import COUNCIL_COMMANDS, MEMBERSHIPS, PUBLISH, council_by_class, council_oracle
from tests.access.world import (
    DENIED,
    MATTER_COMMANDS,
    STAGES,
    brought_to,
    pascal,
    reported,
    send,
    service,
    some_at_once,
    words_for,
)
from tests.harness import SINCE, Harness, Person, Place, key

R = Role
_GROUP = "group"
_VILLAGE = {(R.COUNCIL_MEMBER, "village"), (R.EXEC_MEMBER, "village"), (R.CHAIR, "village")}
_EXEC, _CHAIR = (R.EXEC_MEMBER, "village"), (R.CHAIR, "village")
_OWNER, _UNIT = (R.GROUP_OWNER, _GROUP), (R.UNIT_LEADER, _GROUP)
_COUNCIL_OWNER = (R.GROUP_OWNER, "council")
_ABOVE = {
    (role, where) for role in (R.OFFICER, R.CHAIR) for where in ("township", "county", "rights", "city", "province")
}
_INSPECTORS = {(R.INSPECTOR, where) for where in ("village", "township", "county", "rights", "city", "province")}

ORACLE: dict[str, set[tuple[Role, str]]] = {
    "reportMatter": {(R.RESIDENT, _GROUP), (R.REPRESENTATIVE, _GROUP), _UNIT, _OWNER, *_VILLAGE, *_ABOVE}
    | {(R.RIGHTS_OFFICER, "county"), (R.RIGHTS_OFFICER, "rights")},
    "acknowledge": {_OWNER, _EXEC, _CHAIR},
    "acceptMatter": {_OWNER, _CHAIR},
    "solveOnSpot": {_UNIT, _OWNER, _EXEC, _CHAIR},
    "recordAction": {_EXEC, _CHAIR},
    "tellProgress": {_EXEC, _CHAIR},
    "passUp": {*_VILLAGE},
    "cancelPassUp": {_CHAIR},
    "receive": set(),
    "refuseReceipt": set(),
    "returnDown": set(),
    "takeOver": set(),
    "informUp": {_CHAIR},
    "alertInParallel": {_UNIT, _OWNER, _EXEC, _CHAIR},
    "supervise": set(),
    "resolveMatter": {_CHAIR},
    "relayFeedback": {_CHAIR},
    "reworkMatter": {_CHAIR},
    "suspendMatter": set(),
    "resumeMatter": set(),
    "giveFeedback": {_OWNER, _CHAIR},
    "rateMatter": set(),
    "callBack": {_OWNER, _EXEC, _CHAIR, *_INSPECTORS},
    "closeMatter": {_CHAIR},
    "askForInformation": {_OWNER, _EXEC, _CHAIR},
    "supplyInformation": set(),
    "proposeRejection": {_OWNER},
    "rejectMatter": {_CHAIR},
    "redirectMatter": {_CHAIR},
    "withdrawMatter": set(),
    "mergeMatter": {_CHAIR, (R.OFFICER, "township"), (R.CHAIR, "township")},
    "unmergeMatter": {_CHAIR, (R.OFFICER, "township"), (R.CHAIR, "township")},
    "reopenMatter": _INSPECTORS,
    "reviewRejection": _ABOVE
    | {(R.INSPECTOR, where) for where in ("township", "county", "rights", "city", "province")}
    | {(R.RIGHTS_OFFICER, "county"), (R.RIGHTS_OFFICER, "rights")},
    "raiseClass": {_UNIT, _OWNER, _COUNCIL_OWNER, *_VILLAGE},
    "lowerClass": set(),
    "setUrgency": {_OWNER, _EXEC, _CHAIR},
    "changeCircle": {_CHAIR},
    "nameParty": {_OWNER, _EXEC, _CHAIR},
    "clearParty": {_CHAIR},
    "delegate": {_CHAIR},
    "addRegion": {(R.OPERATOR, "province")},
    "putNode": {(R.OPERATOR, "province")},
    "importRegions": {(R.OPERATOR, "province")},
    "importMembers": {(R.OPERATOR, "province")},
    **council_oracle(),
}
"""Which role at which place may ask what of an open (C0) matter of a village that holds it."""

HOLDERS_OWN = ("passUp", "cancelPassUp", "informUp", "resolveMatter", "relayFeedback", "reworkMatter")
"""What the chair of a village that holds a matter may ask of the ladder; an executive or council member may propose that it goes up."""
OF_OTHER_LEVELS = ("receive", "refuseReceipt", "returnDown", "takeOver", "supervise", "suspendMatter", "resumeMatter")
"""What only levels above the village may ask, once they have to do with it."""

BY_CLASS: dict[str, dict[str, set[str]]] = {
    "C1": {
        "acknowledge": {"owner", "exec_member", "chair"},
        "acceptMatter": {"owner", "chair"},
        "solveOnSpot": {"unit_leader", "owner", "exec_member", "chair"},
        **{name: {"exec_member", "chair"} for name in ("recordAction", "tellProgress")},
        "alertInParallel": {"unit_leader", "owner", "exec_member", "chair"},
        **{name: {"chair"} for name in HOLDERS_OWN},
        "passUp": {"council_member", "exec_member", "chair"},
        **{name: set() for name in OF_OTHER_LEVELS},
        "giveFeedback": {"owner", "chair"},
        "rateMatter": {"resident"},
        "callBack": {"owner", "exec_member", "chair", "inspector"},
        "closeMatter": {"chair"},
        "askForInformation": {"owner", "exec_member", "chair"},
        "supplyInformation": {"resident"},
        "proposeRejection": {"owner"},
        "rejectMatter": {"chair"},
        "redirectMatter": {"chair"},
        "withdrawMatter": {"resident"},
        "mergeMatter": {"chair", "township_officer", "township_chair"},
        "unmergeMatter": {"chair", "township_officer", "township_chair"},
        "reopenMatter": {"resident", "inspector"},
        "reviewRejection": {
            *("township_officer", "township_chair", "county_officer", "county_chair", "rights_officer"),
            *("city_officer", "city_chair", "province_officer", "inspector"),
        },
        "setUrgency": {"owner", "exec_member", "chair"},
        "changeCircle": {"chair"},
        "nameParty": {"resident", "owner", "exec_member", "chair"},
        "clearParty": {"chair"},
        "lowerClass": set(),
        "raiseClass": {"resident", "unit_leader", "owner", "council_owner", "council_member", "exec_member", "chair"},
        **council_by_class("C1"),
    },
    "C2": {
        **{name: {"chair"} for name in MATTER_COMMANDS},
        **{name: {"resident"} for name in ("rateMatter", "supplyInformation", "withdrawMatter", "reopenMatter")},
        **{name: {"resident", "chair"} for name in ("raiseClass", "nameParty")},
        **{name: set() for name in ("proposeRejection", "reviewRejection", "lowerClass", *OF_OTHER_LEVELS)},
        **council_by_class("C2"),
    },
    "C3": {
        **{name: {"rights_officer"} for name in MATTER_COMMANDS},
        **{name: {"resident"} for name in ("rateMatter", "supplyInformation", "withdrawMatter")},
        "reopenMatter": {"resident", "rights_officer"},
        **{name: {"resident", "rights_officer"} for name in ("raiseClass", "nameParty")},
        **{name: set() for name in ("solveOnSpot", "proposeRejection", "lowerClass", "mergeMatter")},
        **{name: set() for name in ("receive", "refuseReceipt", "takeOver", "supervise")},
        **council_by_class("C3"),
    },
}
"""By class, who of a place's people reaches the rule: of C2 the circle (the chair), of C3 the county's rights officer."""


@dataclass(frozen=True)
class Somebody:
    """A role at a place, relative to the matter."""

    role: Role
    where: str
    person: Person


def everybody(system: Harness, place: Place) -> list[Somebody]:
    """Every role at every place: in scope, in a sibling's scope, above, beside, below."""
    sibling = f"{place.county}002001"
    places = {
        _GROUP: (place.group, place.village),
        "second group": (f"n_g2-{place.village}", place.village),
        "sibling group": (f"n_g-{sibling}", sibling),
        "council": (council_of(place.village), place.village),
        "sibling council": (council_of(sibling), sibling),
        "village": (federation_of(place.village), place.village),
        "sibling": (federation_of(sibling), sibling),
        "township": (federation_of(place.township), place.township),
        "beside": (federation_of(sibling[:9]), sibling[:9]),
        "county": (federation_of(place.county), place.county),
        "rights": (rights_department_of(place.county), place.county),
        "city": (federation_of(place.city), place.city),
        "other city": (federation_of("2114"), "2114"),
        "province": (federation_of("21"), "21"),
    }
    found = []
    in_groups = {R.RESIDENT, R.REPRESENTATIVE, R.UNIT_LEADER, R.GROUP_OWNER, R.VOLUNTEER}
    for role in Role:
        for where, (node, region) in places.items():
            if where.endswith("group") and role not in in_groups:
                continue  # nobody holds an office of the federation in a chat group
            if where.endswith("council") and role is not R.GROUP_OWNER:
                continue  # whom its own group makes more than she is elsewhere
            member = f"m_{role.value.lower().replace('_', '-')}-{where.replace(' ', '-')}"
            found.append(Somebody(role, where, system.person(member, (role, node, region))))
    return found


def inputs(place: Place, case_id: str) -> dict[str, dict[str, Any]]:
    """Every mutation with an input that is in order."""
    return {name: {"caseId": case_id, **words} for name, words in (MATTER_COMMANDS | PUBLISH).items()} | {
        **MEMBERSHIPS,
        "reportMatter": {"group": place.group, "subCategory": "PUBLIC_FACILITY", "narrative": "公告栏坏了"},
        "delegate": {"group": place.group, "delegated": True},
        "addRegion": {"code": f"{place.township}901", "name": "新村"},
        "putNode": {
            "node": {"id": f"n_x-{place.village}", "kind": "COUNCIL", "region": place.village, "name": "议事会"}
        },
        "importRegions": {"regions": [{"code": f"{place.township}801", "name": "新村"}]},
        "importMembers": {
            "members": [{"member": "m_new-here", "node": place.group, "role": "RESIDENT", "since": SINCE}]
        },
    }


SERVICE_OF = {
    model.command_name(): each.__name__.rpartition(".")[2]
    for each in (intake, deliberation, escalation, notify)
    for model in each.COMMANDS
}


async def codes_of(
    system: Harness, asked: list[tuple[str, Person, dict[str, Any]]], at_gateway: Sequence[bool] = ()
) -> list[str | None]:
    """What each is told, at the gateway or at the door of the service where it is decided; unless said, every sixth goes to the gateway."""
    in_front = at_gateway or [number % 6 == 0 for number in range(len(asked))]
    async with AsyncExitStack() as open_doors:
        doors = {name: await open_doors.enter_async_context(service(system, name)) for name in set(SERVICE_OF.values())}
        return await some_at_once(
            [
                send(person, name, **words) if goes else knock(doors[SERVICE_OF[pascal(name)]], person, name, words)
                for (name, person, words), goes in zip(asked, in_front, strict=True)
            ]
        )


async def knock(door: httpx.AsyncClient, person: Person, mutation: str, words: dict[str, Any]) -> str | None:
    """The same as `send`, past the gateway."""
    itself = {"into": words["caseId"]} if mutation == "mergeMatter" else {}
    body = {"command": {"idempotencyKey": key(), **itself, **words}}
    answer = await door.post(f"/commands/{pascal(mutation)}", json=body, headers=person.headers())
    refusal: dict[str, str] = answer.json().get("refusal", {})
    return refusal.get("code")


def turned_away(mutation: str) -> frozenset[str]:
    """What somebody who may is never told. The council's parts that these tests name are not there: NOT_FOUND, once she was let in."""
    return DENIED - {"NOT_FOUND"} if mutation in COUNCIL_COMMANDS | PUBLISH | MEMBERSHIPS else DENIED


def test_every_command_is_tried() -> None:
    """A new command must come into the oracle; a command without a line in the table could be asked by nobody."""
    services = (intake, deliberation, escalation, notify)
    known = {model.command_name() for each in services for model in each.COMMANDS}
    assert {line.command for line in TABLE} == known
    of_orders = {model.command_name() for model in orders.ORDERS}  # played in test_departments
    assert {pascal(name) for name in ORACLE} | {"MarkRead"} | of_orders == known


@pytest.mark.timeout(400)  # some four thousand commands
async def test_every_command_as_every_role_everywhere(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, "C0")
    people = everybody(system, place)
    tried = [(name, somebody, words) for name, words in inputs(place, case_id).items() for somebody in people]
    refused = [each for each in tried if (each[1].role, each[1].where) not in ORACLE[each[0]]]
    allowed = [each for each in tried if (each[1].role, each[1].where) in ORACLE[each[0]]]
    # All knock at the services' own doors, where it is decided; some of each command, role and place at the gateway too. On Kafka every
    # third knocks: what is decided above the adapters was tried whole on the embedded system.
    commands, every = list(ORACLE), 12 if system.kind == "kafka" else 6
    spread = {(name, who.role, who.where): commands.index(name) + people.index(who) for name, who, _ in refused}
    if system.kind == "kafka":
        refused = [each for each in refused if spread[each[0], each[1].role, each[1].where] % 3 == 0]
    at_gateway = [spread[name, who.role, who.where] % every == 0 for name, who, _ in refused]
    in_front = [each for each, goes in zip(refused, at_gateway, strict=True) if goes]
    assert {name for name, _, _ in in_front} == {name for name, *_ in spread}
    assert {(who.role, who.where) for _, who, _ in in_front} == {each[1:] for each in spread}
    before = await system.snapshot()
    codes = await codes_of(system, [(name, who.person, words) for name, who, words in refused], at_gateway)
    wrong = {
        (name, who.role.value, who.where): code
        for (name, who, _), code in zip(refused, codes, strict=True)
        if code not in DENIED
    }
    assert not wrong, "the table allows what the dossier does not"
    await system.settle()
    assert await system.snapshot() == before, "a refused command left something behind"
    for name, who, words in allowed:
        code = await send(who.person, name, **words)
        assert code not in turned_away(name), f"{who.role} at {who.where} may {name}, but was told {code}"
    await system.settle()
    await system.no_dead_letters()


@pytest.mark.parametrize("case_class", sorted(BY_CLASS))
async def test_private_matters_are_moved_by_their_own_people_alone(
    system: Harness, place: Place, case_class: str
) -> None:
    case_id = await reported(system, place, case_class, relation="OWN")
    oracle = BY_CLASS[case_class]
    refused = [(name, who) for name in MATTER_COMMANDS for who in place.people if who not in oracle[name]]
    before = await system.snapshot()
    codes = await codes_of(
        system,
        [(name, place.people[who], {"caseId": case_id, **words_for(name, case_class)}) for name, who in refused],
    )
    assert set(codes) <= DENIED, dict(zip(refused, codes, strict=True))
    await system.settle()
    assert await system.snapshot() == before
    for name, people in sorted(oracle.items(), key=lambda each: each[0] in FEWER_SEE):
        for who in people:
            if name in FEWER_SEE:
                case_id = await reported(system, place, case_class)
            code = await send(place.people[who], name, caseId=case_id, **words_for(name, case_class))
            assert code not in turned_away(name), (name, who, code)


FEWER_SEE = {"raiseClass"}
"""After these the others do not see it any more."""


async def test_an_office_gives_no_hand_in_a_private_matter_that_its_bearer_reported(
    system: Harness, place: Place
) -> None:
    """A group owner who reports her own trouble is its reporter, not its handler."""
    answer = await place.owner.report(place, subCategory="MARITAL_CONFLICT", urgency=None)
    await system.settle()
    case_id = answer["caseId"]
    before = await system.snapshot()
    for name in ("acknowledge", "acceptMatter", "giveFeedback", "callBack", "solveOnSpot"):
        assert await send(place.owner, name, caseId=case_id, **MATTER_COMMANDS[name]) == "CASE_NOT_FOUND"
    assert await system.snapshot() == before


async def test_nobody_anonymous_and_nobody_with_a_forged_token(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, "C0")
    stranger = Ed25519PrivateKey.generate()
    forger = Issuer(system.issuer.name, stranger, system.issuer._key_id, "yishi")
    genuine, before = system.issuer, await system.snapshot()
    for name, words in inputs(place, case_id).items():
        assert await send(system.anonymous, name, **words) == "UNAUTHENTICATED"
        system.issuer = forger
        try:
            for who in (place.chair, place.owner, place.resident, system.operator):
                assert await send(who, name, **words) == "UNAUTHENTICATED"
        finally:
            system.issuer = genuine
    assert await system.snapshot() == before


async def test_checking_an_import_is_for_operators_and_leaves_nothing(system: Harness, place: Place) -> None:
    """Whether somebody is a member somewhere is nobody else's to ask."""
    words = inputs(place, "")
    before = await system.snapshot()
    for kind, line in (("Members", "MemberLineInput"), ("Regions", "RegionLineInput")):
        lines = words[f"import{kind}"][kind.lower()]
        query = (
            f"query($lines: [{line}!]!) {{ answer: check{kind}({kind.lower()}: $lines) {{ fate refusal {{ code }} }} }}"
        )
        for who in (*everybody(system, place), Somebody(R.RESIDENT, "", system.anonymous)):
            answer = await who.person.raw(query, {"lines": lines})
            if (who.role, who.where) == (R.OPERATOR, "province"):
                assert answer["data"]["answer"] == [{"fate": "NEW", "refusal": None}]
            else:
                assert answer["errors"][0]["extensions"]["code"] in DENIED, who
    assert await system.snapshot() == before


async def test_importing_regions_is_for_operators_at_the_services_door_too(system: Harness, place: Place) -> None:
    body = {"command": {"idempotencyKey": key(), "regions": [{"code": f"{place.township}902", "name": "新村"}]}}
    before = await system.snapshot()
    async with service(system, "intake") as intake_door:
        for who in (*everybody(system, place), Somebody(R.RESIDENT, "", system.anonymous)):
            if (who.role, who.where) == (R.OPERATOR, "province"):
                continue
            answer = await intake_door.post("/commands/ImportRegions", json=body, headers=who.person.headers())
            assert answer.json()["refusal"]["code"] in DENIED, who
        assert await system.snapshot() == before
        done = await intake_door.post("/commands/ImportRegions", json=body, headers=system.operator.headers())
        assert done.status_code == 200
    await system.settle()


async def test_everyone_marks_her_own_inbox_and_nobody_elses(system: Harness, place: Place) -> None:
    await reported(system, place, "C0")
    unread = "{ me { inbox { unread edges { node { id } } } } }"
    mine = (await place.owner.ask(unread))["me"]["inbox"]
    assert mine["unread"] == 1
    newest = mine["edges"][0]["node"]["id"]
    assert await send(place.sibling_owner, "markRead", upTo=newest) is None
    assert (await place.owner.ask(unread))["me"]["inbox"]["unread"] == 1
    assert await send(place.owner, "markRead", upTo=newest) is None
    assert (await place.owner.ask(unread))["me"]["inbox"]["unread"] == 0


EVERY_STATE = [*(("C0", stage) for stage in STAGES), ("C1", "SUBMITTED"), ("C2", "SUBMITTED"), ("C3", "SUBMITTED")]
ON_KAFKA = [("C0", "ACCEPTED"), ("C0", "FEEDBACK_GIVEN"), ("C2", "SUBMITTED")]
"""What is allowed is decided above the adapters: of the states these on both systems, the others on one."""


IN_COUNTS_ALONE = {"reopenMatter", "callBack"}
"""What an inspector may ask of a matter that has not surfaced to her level: she sees no row that could say so."""


@pytest.mark.parametrize(
    "system, case_class, stage",
    [
        *(("embedded", *state) for state in EVERY_STATE),
        *(pytest.param("kafka", *state, marks=pytest.mark.kafka) for state in ON_KAFKA),
    ],
    indirect=["system"],
)
async def test_allowed_commands_say_what_is_really_allowed(
    system: Harness, place: Place, case_class: str, stage: str
) -> None:
    """For every person and every state of S00: what is not in the list is refused, what is in it is done."""
    [case_id] = await brought_to(system, place, stage, case_class)
    listed: dict[str, list[str]] = {}
    for who, person in place.people.items():
        seen = await person.case(case_id)
        listed[who] = seen["allowedCommands"] if seen else []
    assert any(listed.values())
    before = await system.snapshot()
    denied = [
        (who, name)
        for who, allowed in listed.items()
        for name in MATTER_COMMANDS
        if pascal(name) not in allowed and not (who == "inspector" and name in IN_COUNTS_ALONE)
    ]
    codes = await codes_of(
        system,
        [(name, place.people[who], {"caseId": case_id, **words_for(name, case_class)}) for who, name in denied],
    )
    assert [pair for pair, code in zip(denied, codes, strict=True) if code is None] == [], "may, and was not told so"
    await system.settle()
    assert await system.snapshot() == before
    told = [
        (who, name)
        for who, allowed in listed.items()
        for command in allowed
        if (name := command[0].lower() + command[1:]) in MATTER_COMMANDS
    ]
    twins = await brought_to(system, place, stage, case_class, len(told) + 1)
    codes = await some_at_once(
        [
            send(
                place.people[who],
                name,
                caseId=twin,
                **({"into": twins[0]} if name == "mergeMatter" else {}),
                **words_for(name, case_class),
            )
            for (who, name), twin in zip(told, twins[1:], strict=True)
        ]
    )
    assert [each for each in zip(told, codes, strict=True) if each[1] is not None] == [], "was told that she may"
