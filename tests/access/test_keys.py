"""Key sets: they rotate while the system runs, and nothing that is sent makes the verifier do anything but refuse."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from services.chassis.clock import ManualClock
from services.chassis.identity import Issuer, Verifier
from services.contracts.callers import Caller, Grant
from services.contracts.organisation import Role
from services.contracts.refusals import Refused
from tests.access.test_identity import pieces
from tests.harness import START


@contextmanager
def key_file(folder: Path) -> Iterator[tuple[Path, Verifier]]:
    file = folder / "jwks.json"
    yield file, Verifier([file], "yishi", ManualClock(START))


def written(file: Path, *issuers: Issuer) -> None:
    keys = [{**json.loads(OKPAlgorithm.to_jwk(i._key.public_key())), "kid": i._key_id, "iss": i.name} for i in issuers]
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({"keys": keys}))
    fresh.replace(file)


SOMEBODY = Caller(member="m_somebody", grants=(Grant(role=Role.RESIDENT, node="n_g-1", region="210113001010"),))


def believed(verifier: Verifier, token: str) -> bool:
    try:
        return verifier.caller(f"Bearer {token}").member == SOMEBODY.member
    except Refused:
        return False


def test_keys_come_and_go_with_the_file(tmp_path: Path) -> None:
    old, new = (Issuer("city", Ed25519PrivateKey.generate(), kid, "yishi") for kid in ("k1", "k2"))
    with key_file(tmp_path) as (file, verifier):
        assert not believed(verifier, old.token(SOMEBODY, START)), "no key set yet"
        written(file, old)
        assert believed(verifier, old.token(SOMEBODY, START))
        assert not believed(verifier, new.token(SOMEBODY, START))
        written(file, old, new)
        assert believed(verifier, new.token(SOMEBODY, START)), "a new key is picked up without a restart"
        written(file, new)
        assert not believed(verifier, old.token(SOMEBODY, START)), "a key taken out is trusted no longer"
        file.write_text("{broken")
        assert believed(verifier, new.token(SOMEBODY, START)), "a file that cannot be read changes nothing"


def test_an_rsa_issuer_is_believed_and_its_public_key_is_no_secret(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    entry = {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": "r1", "iss": "province"}
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [entry]}))
    body = {
        "iss": "province",
        "aud": "yishi",
        "sub": SOMEBODY.member,
        "exp": int((START + timedelta(hours=1)).timestamp()),
        "grants": [grant.model_dump(mode="json") for grant in SOMEBODY.grants],
    }
    with key_file(tmp_path) as (_, verifier):
        assert believed(verifier, jwt.encode(body, key, algorithm="RS256", headers={"kid": "r1"}))
        for algorithm in ("RS384", "PS256"):  # signed well, but not as the key set says
            assert not believed(verifier, jwt.encode(body, key, algorithm=algorithm, headers={"kid": "r1"}))


@given(
    text=st.one_of(
        st.text(max_size=200), st.lists(st.binary(max_size=60), min_size=1, max_size=5).map(lambda p: pieces(*p))
    )
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_sent_the_verifier_only_ever_refuses(text: str) -> None:
    verifier = Verifier([Path("nowhere/jwks.json")], "yishi", ManualClock(START))
    for said in (text, f"Bearer {text}", f"Bearer {text}" * 3):
        with pytest.raises(Refused):
            verifier.caller(said)


def test_who_starts_at_once_agrees_on_the_keys(tmp_path: Path) -> None:
    """In one key set there is one line for each issuer, and it is that of the key that was kept."""
    at_once = 8
    with ThreadPoolExecutor(at_once) as starting:
        for attempt in range(20):
            folder, barrier = tmp_path / str(attempt) / "keys", Barrier(at_once)

            def start(number: int, folder: Path = folder, barrier: Barrier = barrier) -> Issuer:
                barrier.wait(20)
                return Issuer.kept_in(folder, f"issuer-{number % 2}", "yishi")

            found = list(starting.map(start, range(at_once)))
            said = {(each.name, each._key_id, each._key.private_bytes_raw()) for each in found}
            assert len(said) == 2
            keys = json.loads((folder / "jwks.json").read_text())["keys"]
            assert sorted(key["iss"] for key in keys) == ["issuer-0", "issuer-1"]
            assert (folder / "issuer-0.pem").stat().st_mode & 0o077 == 0


def test_a_start_that_broke_off_between_key_and_key_set_is_mended(tmp_path: Path) -> None:
    whole = Issuer.kept_in(tmp_path, "one", "yishi")
    (tmp_path / "jwks.json").unlink()
    again = Issuer.kept_in(tmp_path, "one", "yishi")
    assert again._key.private_bytes_raw() == whole._key.private_bytes_raw()
    assert believed(Verifier([tmp_path / "jwks.json"], "yishi", ManualClock(START)), again.token(SOMEBODY, START))
