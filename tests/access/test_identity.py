"""Who asks (RFC 7519, 8037): a Bearer token, checked by the gateway and by every service on its own. No header names a caller."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.wiring import SERVICES
from services.chassis.identity import Issuer
from services.contracts.callers import Caller
from tests.access.world import reported, service
from tests.harness import Harness, Place

ME = "{ me { member } }"
DOORS: dict[str, tuple[str, dict[str, Any]]] = {
    "intake": ("/queries/case-texts", {"caseIds": []}),
    "notify": ("/queries/inbox", {}),
    "escalation": ("/commands/SolveOnSpot", {}),
    "deliberation": ("/commands/Nothing", {}),
}
"""What each service is asked: answers that differ from 401 once the caller is believed."""


def claims(system: Harness, **changed: Any) -> dict[str, Any]:
    """A good token's claims, but for what is changed; None takes one out."""
    now = system.clock.now()
    good = {
        "iss": system.issuer.name,
        "aud": "yishi",
        "sub": "m_chair-0001",
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(hours=1)).timestamp()),
        "grants": [{"role": "CHAIR", "node": "n_fed-210113001010", "region": "210113001010"}],
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def signed(system: Harness, claims: dict[str, Any], **header: Any) -> str:
    """By the test issuer's own key, whatever the claims."""
    issuer = system.issuer
    return jwt.encode(claims, issuer._key, algorithm="EdDSA", headers={"kid": issuer._key_id, **header})


def pieces(*parts: object) -> str:
    """A token put together by hand."""
    encoded = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in parts]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in encoded)


def public_pem(system: Harness) -> bytes:
    return system.issuer._key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def hmac_with(secret: bytes, system: Harness) -> str:
    """Algorithm confusion: the public key as the secret of an HMAC."""
    head = {"alg": "HS256", "typ": "JWT", "kid": system.issuer._key_id}
    message = pieces(head, claims(system))
    mac = hmac.new(secret, message.encode(), hashlib.sha256).digest()
    return f"{message}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def other_issuer_with_our_kid(system: Harness) -> str:
    return Issuer(system.issuer.name, Ed25519PrivateKey.generate(), system.issuer._key_id, "yishi").token(
        Caller(member="m_chair-0001"), system.clock.now()
    )


def system_kid(system: Harness) -> str:
    """The id of another issuer's key that is trusted too: the system's own."""
    keys = json.loads(system.system.wiring.settings.system_jwks_file.read_text())["keys"]
    return next(str(key["kid"]) for key in keys if key["iss"] != system.issuer.name)


BAD: dict[str, Callable[[Harness], str]] = {
    "nothing": lambda s: "",
    "not a token": lambda s: "nonsense",
    "two parts": lambda s: "a.b",
    "not ASCII": lambda s: "é.é.é",
    "signature of another key": other_issuer_with_our_kid,
    "signature cut off": lambda s: signed(s, claims(s)).rpartition(".")[0] + ".",
    "payload changed": lambda s: _with_payload(signed(s, claims(s)), claims(s, sub="m_somebody-else")),
    "alg none": lambda s: pieces({"alg": "none", "kid": s.issuer._key_id}, claims(s)) + ".",
    "alg None in capitals": lambda s: pieces({"alg": "NONE", "kid": s.issuer._key_id}, claims(s)) + ".",
    "HMAC with the public key in PEM": lambda s: hmac_with(public_pem(s), s),
    "HMAC with the raw public key": lambda s: hmac_with(s.issuer._key.public_key().public_bytes_raw(), s),
    "HMAC with an empty key": lambda s: hmac_with(b"", s),
    "unknown kid": lambda s: signed(s, claims(s), kid="nobody"),
    "kid of a file": lambda s: signed(s, claims(s), kid="../../etc/passwd"),
    "kid of another issuer": lambda s: signed(s, claims(s), kid=system_kid(s)),
    "no kid": lambda s: jwt.encode(claims(s), s.issuer._key, algorithm="EdDSA"),
    "issuer that is not the key's": lambda s: signed(s, claims(s, iss="yishi-system")),
    "issuer unknown": lambda s: signed(s, claims(s, iss="elsewhere")),
    "no issuer": lambda s: signed(s, claims(s, iss=None)),
    "other audience": lambda s: signed(s, claims(s, aud="another")),
    "no audience": lambda s: signed(s, claims(s, aud=None)),
    "no subject": lambda s: signed(s, claims(s, sub=None)),
    "empty subject": lambda s: signed(s, claims(s, sub="")),
    "subject of a node": lambda s: signed(s, claims(s, sub="n_fed-2101")),
    "subject with a line": lambda s: signed(s, claims(s, sub="m_chair-0001\n")),
    "subject full-width": lambda s: signed(s, claims(s, sub="m_ｃhair-0001")),
    "no expiry": lambda s: signed(s, claims(s, exp=None)),
    "expired": lambda s: signed(s, claims(s, exp=int(s.clock.now().timestamp()))),
    "expiry no number": lambda s: pieces_signed(s, claims(s, exp="never")),
    "expiry infinite": lambda s: pieces_signed(s, claims(s, exp=float("inf"))),
    "expiry not a number": lambda s: pieces_signed(s, claims(s, exp=float("nan"))),
    "expiry beyond any calendar": lambda s: signed(s, claims(s, exp=10**18)),
    "not yet valid": lambda s: signed(s, claims(s, nbf=int((s.clock.now() + timedelta(minutes=5)).timestamp()))),
    "issued tomorrow, valid since yesterday": lambda s: signed(
        s,
        claims(
            s,
            iat=int((s.clock.now() + timedelta(days=1)).timestamp()),
            nbf=int((s.clock.now() - timedelta(days=1)).timestamp()),
        ),
    ),
    "issued tomorrow": lambda s: signed(s, claims(s, iat=int((s.clock.now() + timedelta(days=1)).timestamp()))),
    "grants no list": lambda s: signed(s, claims(s, grants="CHAIR")),
    "grants of an unknown role": lambda s: signed(s, claims(s, grants=[_grant(role="EMPRESS")])),
    "grants of a region outside": lambda s: signed(s, claims(s, grants=[_grant(region="11")])),
    "grants of a region in full-width digits": lambda s: signed(s, claims(s, grants=[_grant(region="２１")])),
    "grants of a node that is none": lambda s: signed(s, claims(s, grants=[_grant(node="n_'; DROP TABLE")])),
    "huge": lambda s: signed(s, claims(s, grants=[_grant()] * 400)),
    "header nested without end": lambda s: pieces(b"[" * 9_000, claims(s), b"x"),
    "payload no object": lambda s: pieces_signed(s, ["m_chair-0001"]),
}


def _grant(**changed: str) -> dict[str, str]:
    return {"role": "CHAIR", "node": "n_fed-210113001010", "region": "210113001010", **changed}


def _with_payload(token: str, claims: dict[str, Any]) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{pieces(claims)}.{signature}"


def pieces_signed(system: Harness, payload: object) -> str:
    """A true signature over a payload that no library would write."""
    message = pieces({"alg": "EdDSA", "typ": "JWT", "kid": system.issuer._key_id}, payload)
    signature = system.issuer._key.sign(message.encode())
    return f"{message}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


async def at_every_door(system: Harness, headers: Any) -> dict[str, int]:
    """The status that the gateway and each service answer."""
    query: dict[str, Any] = {"query": ME}
    found = {"graphql": (await system.http.post("/graphql", json=query, headers=headers)).status_code}
    found["attachments"] = (await system.http.get(f"/attachments/a_{'0' * 26}", headers=headers)).status_code
    for name in SERVICES:
        path, body = DOORS[name]
        async with service(system, name) as door:
            found[name] = (await door.post(path, json=body, headers=headers)).status_code
            if name in {"intake", "escalation"}:
                photo = await door.get(f"/attachments/a_{'0' * 26}", headers=headers)
                found[f"{name} photos"] = photo.status_code
            operator = await door.get("/dead-letters", headers=headers)
            found[f"{name} dead letters"] = operator.status_code
    return found


async def test_a_good_token_is_believed_at_every_door(system: Harness) -> None:
    found = await at_every_door(system, {"authorization": f"Bearer {signed(system, claims(system))}"})
    assert 401 not in found.values(), found
    assert found["graphql"] == found["intake"] == found["notify"] == 200


@pytest.mark.parametrize("bad", sorted(BAD))
async def test_a_bad_token_is_believed_at_no_door(system: Harness, bad: str) -> None:
    token = BAD[bad](system)
    if not token.isascii():
        headers: Any = [(b"authorization", f"Bearer {token}".encode())]
    else:
        headers = {"authorization": f"Bearer {token}"}
    found = await at_every_door(system, headers)
    assert set(found.values()) == {401}, found


async def test_the_scheme_is_bearer_in_any_case_and_nothing_else(system: Harness) -> None:
    token = signed(system, claims(system))
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert (await at_every_door(system, {"authorization": f"{scheme} {token}"}))["graphql"] == 200
    for said in (token, f"Basic {token}", f"JWT {token}", f"Bearer{token}", f"Bearer {token} {token}", "Bearer", ""):
        found = await at_every_door(system, {"authorization": said})
        assert set(found.values()) == {401}, said


async def test_two_authorization_headers_are_two_stories(system: Harness) -> None:
    good = f"Bearer {signed(system, claims(system))}"
    for second in (good, "Bearer nonsense", f"Bearer {signed(system, claims(system, sub='m_other-0001'))}"):
        found = await at_every_door(system, [("authorization", good), ("authorization", second)])
        assert set(found.values()) == {401}


IMPOSTOR = [
    "x-user", "x-user-id", "x-forwarded-user", "x-remote-user", "remote-user", "x-auth-request-user", "x-member",
    "x-grants", "x-role", "x-original-user", "x-authenticated-userid", "cookie", "x-authorization", "proxy-authorization",
]  # fmt: skip


async def test_no_header_names_a_caller(system: Harness, place: Place) -> None:
    for value in (place.chair.member, place.chair.headers()["authorization"]):
        lies = dict.fromkeys(IMPOSTOR, value)
        assert set((await at_every_door(system, lies)).values()) == {401, 200}  # `me` alone answers an error with 200
        answer = (await system.http.post("/graphql", json={"query": ME}, headers=lies)).json()
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        headers = {**lies, **place.resident.headers()}
        answer = (await system.http.post("/graphql", json={"query": ME}, headers=headers)).json()
        assert answer["data"]["me"]["member"] == place.resident.member
    case_id = await reported(system, place, "C2")
    lies = dict.fromkeys(IMPOSTOR, place.chair.member)
    query = {"query": "query($id: String!) { case(caseId: $id) { narrative } }", "variables": {"id": case_id}}
    answer = (await system.http.post("/graphql", json=query, headers={**lies, **place.neighbour.headers()})).json()
    assert answer["data"]["case"] is None
    query_string = {"query": ME, "access_token": place.chair.token(), "token": place.chair.token()}
    answer = (await system.http.get("/graphql", params=query_string)).json()
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_token_expires_by_the_systems_clock(system: Harness, place: Place) -> None:
    headers = place.chair.headers()
    assert (await at_every_door(system, headers))["graphql"] == 200
    system.clock.advance(timedelta(hours=12))
    assert set((await at_every_door(system, headers)).values()) == {401}


async def test_the_refusal_does_not_tell_what_was_wrong(system: Harness) -> None:
    bodies = set()
    for bad in ("expired", "unknown kid", "signature of another key", "other audience", "no subject"):
        headers = {"authorization": f"Bearer {BAD[bad](system)}"}
        bodies.add((await system.http.post("/graphql", json={"query": ME}, headers=headers)).text)
    assert len(bodies) == 1
