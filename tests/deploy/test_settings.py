"""A setting that cannot be meant is refused in one sentence that names it, before anything else happens."""

import sys
from pathlib import Path

import pytest

from deploy.cli.main import main
from deploy.distributed import prepare_keys
from deploy.wiring import secret_of
from services.chassis.identity import KeySetError
from services.chassis.settings import Settings, misspelt


@pytest.mark.parametrize(
    "variable, value, wanted",
    [
        ("YISHI_ALLOWED_ORIGINS", "foo", "foo is no origin: write https://front.example"),
        (
            "YISHI_ALLOWED_ORIGINS",
            "https://front.example, https://Front.example/app",
            "https://Front.example/app is no",
        ),
        ("YISHI_AUDIENCE", "", "must not be empty: leave it out, or set it (the audience that a token must name)."),
        ("YISHI_DATA", " ", "must not be empty: leave it out, or set it (folder for everything that is kept: "),
        ("YISHI_HOST", "", "must not be empty"),
        ("YISHI_KAFKA_PORT", "99999", "Input should be less than or equal to 65535."),
    ],
)
def test_what_cannot_be_meant(
    variable: str, value: str, wanted: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "argv", ["yishi", "up"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 1
    assert (said.out, said.err.count("\n")) == ("", 1), said
    assert said.err.startswith(f"{variable}: {wanted}")


def test_origins_as_browsers_send_them() -> None:
    given = "https://front.example, http://localhost:5173,http://[::1]:8000 ,capacitor://localhost,*,"
    assert len(Settings(allowed_origins=given).origins) == 5


def test_an_address_with_colons_has_its_brackets() -> None:
    assert Settings(host="::1").url_of(8000) == "http://[::1]:8000"
    assert Settings().url_of(8000) == "http://127.0.0.1:8000"


def test_the_issuers_of_an_operator_need_no_file_of_ours(tmp_path: Path) -> None:
    own = tmp_path / "issuers.json"
    own.write_text('{"keys": []}', encoding="ascii")
    settings = Settings(data=tmp_path / "data", jwks=own)
    prepare_keys(settings)
    assert not (settings.keys / "jwks.json").exists()


def test_limits_that_are_none_are_said_before_a_server_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YISHI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("YISHI_LIMITS", str(tmp_path / "nowhere"))
    monkeypatch.setattr(sys, "argv", ["yishi", "up-distributed"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 1
    assert said.err.startswith("YISHI_LIMITS: time limits and calendars refused")
    assert said.err.count("no such folder") == 1
    assert "Traceback" not in said.err
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["lock"]


def test_what_looks_like_a_setting_and_is_none_is_said() -> None:
    said = list(misspelt(["YISHI_PROT", "YISHI_DATA", "YISHI_TOKEN", "yishi_port", "PATH", "YISHI_ZZZZZZZZZZ"]))
    assert said == [
        "YISHI_PROT is no setting and changes nothing: did you mean YISHI_PORT?",
        "YISHI_ZZZZZZZZZZ is no setting and changes nothing: docs/settings.md lists them all.",
    ]


def test_a_secret_that_is_cut_short_is_nobodys(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    secret = secret_of(settings)
    assert secret_of(settings) == secret
    (settings.keys / "secret").write_bytes(secret[:-1])
    with pytest.raises(KeySetError, match="cut short"):
        secret_of(settings)
