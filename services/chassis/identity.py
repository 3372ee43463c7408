"""Who asks: a Bearer JWT (RFC 7519; EdDSA, RFC 8037, or RS256), verified by the gateway and again by every service."""

import fcntl
import json
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from pydantic import TypeAdapter, ValidationError
from starlette.requests import HTTPConnection

from services.chassis.clock import Clock
from services.contracts.callers import Caller, Grant
from services.contracts.ids import MemberId
from services.contracts.refusals import Code, Refused

log = logging.getLogger(__name__)

_GRANTS = TypeAdapter(tuple[Grant, ...])
_MEMBER: TypeAdapter[str] = TypeAdapter(MemberId)
MAX_TOKEN = 16 * 1024
"""Bytes of an Authorization header."""
LEEWAY = timedelta(seconds=30)


class KeySetError(RuntimeError):
    """A key or a key set that is none; the message says what to do."""


class Verified(Caller):
    """A caller whose token was checked, until when it holds, and the token, to be passed on with calls made for her."""

    expires_at: datetime
    token: str


Reading = tuple[tuple[int, int, int], ...]
"""By file when it was written, its size, and which it is: another reading, another content."""

KEPT = 1024
"""Tokens of which a verifier keeps in mind what they say."""


class Verifier:
    """Checks tokens against key sets: JWKS files whose keys also name their issuer (`iss`). A token that was checked is not checked again
    while the key sets are the same; whether it holds now is asked each time."""

    def __init__(self, jwks: Sequence[Path], audience: str, clock: Clock) -> None:
        self._files = tuple(jwks)
        self._audience = audience
        self._clock = clock
        self._read_at: Reading | None = None
        self._keys: dict[str, tuple[str, Any, str]] = {}
        self._checked = lru_cache(KEPT)(self._check)

    def asking(self, connection: HTTPConnection) -> Verified:
        """The caller of a request. Two Authorization headers say two things, of which a proxy may have believed the other: refused.
        Raises Refused UNAUTHENTICATED."""
        said = connection.headers.getlist("authorization")
        return self.caller(said[0] if len(said) == 1 else None)

    def caller(self, authorization: str | None) -> Verified:
        """The caller in an Authorization header. Raises Refused UNAUTHENTICATED, whatever is wrong: a probe learns nothing."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN:
            raise Refused(Code.UNAUTHENTICATED)
        try:
            self._read()
            caller, not_before = self._checked(token.strip(), self._read_at)
        except (
            jwt.PyJWTError,
            ValidationError,
            KeyError,
            TypeError,
            ValueError,
            OverflowError,
            OSError,
            RecursionError,
        ):
            raise Refused(Code.UNAUTHENTICATED) from None
        now = self._clock.now()
        if caller.expires_at <= now or not_before > now + LEEWAY:
            raise Refused(Code.UNAUTHENTICATED)
        return caller

    def _check(self, token: str, _key_sets: Reading | None) -> tuple[Verified, datetime]:
        """What a token says, and since when it holds; by which state of the key set it was found good."""
        claims = self._claims(token)
        not_before = datetime.fromtimestamp(max(float(claims.get(name, 0)) for name in ("nbf", "iat")), UTC)
        caller = Verified(
            member=_MEMBER.validate_python(claims["sub"]),
            grants=_GRANTS.validate_python(claims.get("grants", [])),
            expires_at=datetime.fromtimestamp(float(claims["exp"]), UTC),
            token=token,
        )
        return caller, not_before

    def _claims(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        key_id = str(header["kid"])
        algorithm, key, issuer = self._keys[key_id]
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=self._audience,
            issuer=issuer,
            # Time is checked by the domain's clock, above.
            options={
                "require": ["exp", "iss", "aud", "sub"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        return claims

    def _read(self) -> None:
        """Key sets rotate: whenever a file has changed all are read again, so that a key taken out of it is trusted no longer. One
        that cannot be read changes nothing, and is logged."""
        try:
            stats = [file.stat() for file in self._files]
            changed = tuple((stat.st_mtime_ns, stat.st_size, stat.st_ino) for stat in stats)
            if changed == self._read_at:
                return
            self._read_at = changed
            self._keys = {kid: key for file in self._files for kid, key in keys_in(file).items()}
        except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            log.error("the key set cannot be read", extra={"facts": {"error": type(error).__name__}})


def check_key_set(jwks: Path) -> None:
    """Raises KeySetError for what the verifier could not read: said at the start, not to every caller."""
    try:
        keys_in(jwks)
    except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
        raise KeySetError(
            f"{jwks} is no key set ({type(error).__name__}): it must be a JWKS (RFC 7517) whose keys have kid and iss, their issuer."
        ) from None


def keys_in(jwks: Path) -> dict[str, tuple[str, Any, str]]:
    """The keys of a key set by their ids: algorithm, key, issuer. Raises OSError, ValueError, KeyError, TypeError, jwt.PyJWTError."""
    keys: dict[str, tuple[str, Any, str]] = {}
    for entry in json.loads(jwks.read_text(encoding="utf-8"))["keys"]:
        algorithm = "EdDSA" if entry["kty"] == "OKP" else "RS256"
        keys[entry["kid"]] = (algorithm, jwt.PyJWK(entry, algorithm=algorithm).key, entry["iss"])
    return keys


class Issuer:
    """Issues tokens with a private key of its own. The demonstration's, a test's, and the system's (its projector)."""

    def __init__(self, name: str, key: Ed25519PrivateKey, key_id: str, audience: str) -> None:
        self.name = name
        self._key = key
        self._key_id = key_id
        self._audience = audience

    @classmethod
    def kept_in(cls, folder: Path, name: str, audience: str) -> "Issuer":
        """The issuer whose key lies in a folder, made at the first use; its public half is added to the folder's jwks.json. Processes that
        start at once agree on one key."""
        file, jwks = folder / f"{name}.pem", folder / "jwks.json"
        if not file.exists() or _kid_in(jwks, name) is None:  # a folder that has all may be read-only
            folder.mkdir(parents=True, exist_ok=True)
            with _alone_in(folder):
                _make_key(file)
                _publish(file, jwks, name)
        kid = _kid_in(jwks, name)
        assert kid is not None, "it was published above"
        return cls(name, _key_in(file), kid, audience)

    def token(self, caller: Caller, now: datetime, lifetime: timedelta = timedelta(hours=12)) -> str:
        """A token for a caller."""
        claims = {
            "iss": self.name,
            "aud": self._audience,
            "sub": caller.member,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "grants": [grant.model_dump(mode="json") for grant in caller.grants],
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._key_id})


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One process at a time; a lock that ends with its holder."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_key(file: Path) -> None:
    if file.exists():
        return
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(pem)
    fresh.replace(file)


def _publish(file: Path, jwks: Path, name: str) -> None:
    """Add the public half to the key set, unless it is there."""
    if _kid_in(jwks, name) is not None:
        return
    known = json.loads(jwks.read_text(encoding="utf-8")) if jwks.exists() else {"keys": []}
    public = json.loads(OKPAlgorithm.to_jwk(_key_in(file).public_key()))
    known["keys"].append({**public, "kid": f"{name}-{secrets.token_hex(4)}", "iss": name, "use": "sig", "alg": "EdDSA"})
    fresh = jwks.with_suffix(".new")
    fresh.write_text(json.dumps(known, indent=1), encoding="utf-8")
    fresh.replace(jwks)


def _key_in(file: Path) -> Ed25519PrivateKey:
    try:
        loaded = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except ValueError:
        loaded = None
    if not isinstance(loaded, Ed25519PrivateKey):
        raise KeySetError(
            f"{file} is no Ed25519 key: remove it, and its entry in jwks.json beside it, to have a new one made."
        )
    return loaded


def _kid_in(jwks: Path, name: str) -> str | None:
    if not jwks.exists():
        return None
    check_key_set(jwks)
    keys = json.loads(jwks.read_text(encoding="utf-8"))["keys"]
    return next((str(entry["kid"]) for entry in keys if entry["iss"] == name), None)
