"""Members from a CSV: rows in, typed refusals out."""

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.csv_source import SourceError
from deploy.members_source import BadMember, MemberRow, MemberRowError, from_csv
from services.contracts.organisation import Role

HEADER = "member,node,role,since,until,deputy_for"


def read(path: Path, text: str | bytes) -> tuple[list[MemberRow], list[tuple[int, BadMember]]]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    errors: list[MemberRowError] = []
    rows = list(from_csv(path, errors.append))
    return rows, [(error.line, error.reason) for error in errors]


def test_every_kind_of_bad_row_is_named_by_its_line_and_the_others_are_read(tmp_path: Path) -> None:
    lines = {
        "m_0001,n_group-1,RESIDENT,2026-01-31,,": None,
        "张三,n_group-1,RESIDENT,2026-01-31,,": BadMember.BAD_MEMBER,
        "m_0002,group-1,RESIDENT,2026-01-31,,": BadMember.BAD_NODE,
        "m_0002,n_group-1,主席,2026-01-31,,": BadMember.UNKNOWN_ROLE,
        "m_0002,n_group-1,chair,2026-01-31,,": BadMember.UNKNOWN_ROLE,
        "m_0002,n_group-1,CHAIR,2026-02-30,,": BadMember.BAD_SINCE,
        "m_0002,n_group-1,CHAIR,,,": BadMember.BAD_SINCE,
        "m_0002,n_group-1,CHAIR,2026-01-31T08:00:00,,": BadMember.BAD_SINCE,
        "m_0002,n_group-1,CHAIR,2026-01-31,soon,": BadMember.BAD_UNTIL,
        "m_0002,n_group-1,CHAIR,2026-01-31,,李四": BadMember.BAD_DEPUTY,
        "m_0002,n_group-1,CHAIR": BadMember.MISSING_COLUMN,
        "m_0001,n_group-1,RESIDENT,2027-01-31,,": BadMember.DUPLICATE,
        f"m_0002,{'n' * 140_000},CHAIR,2026-01-31,,": BadMember.MALFORMED,
        "m_0001,n_group-1,CHAIR,2026-01-31,,": None,
        "m_0001,n_group-2,RESIDENT,2026-01-31": None,
    }
    rows, errors = read(tmp_path / "members.csv", "\n".join([HEADER, *lines]))
    assert [(row.line, row.node, row.role.value) for row in rows] == [
        (2, "n_group-1", "RESIDENT"),
        (15, "n_group-1", "CHAIR"),
        (16, "n_group-2", "RESIDENT"),
    ]
    assert errors == [(line, reason) for line, reason in enumerate(lines.values(), start=2) if reason]


def test_an_error_repeats_nothing_of_its_row(tmp_path: Path) -> None:
    errors: list[MemberRowError] = []
    path = tmp_path / "members.csv"
    path.write_text(f"{HEADER}\n张三,n_group-1,RESIDENT,2026-01-31,,\n", encoding="utf-8")
    assert list(from_csv(path, errors.append)) == []
    assert "张三" not in str(errors[0])


def test_days_begin_at_midnight_in_shanghai_and_times_have_their_zone(tmp_path: Path) -> None:
    body = [
        "m_0001,n_g1,CHAIR,2026-01-31,2027/1/1,",
        "m_0002,n_g1,CHAIR,2026-01-31T00:00:00Z,2026-02-01T00:00:00+08:00,m_0001",
    ]
    rows, errors = read(tmp_path / "members.csv", "\ufeff" + "\r\n".join([HEADER.upper(), *body, ""]))
    assert errors == []
    assert [(row.since, row.until, row.deputy_for) for row in rows] == [
        (
            datetime.fromisoformat("2026-01-31T00:00:00+08:00"),
            datetime.fromisoformat("2027-01-01T00:00:00+08:00"),
            None,
        ),
        (
            datetime.fromisoformat("2026-01-31T08:00:00+08:00"),
            datetime.fromisoformat("2026-02-01T00:00:00+08:00"),
            "m_0001",
        ),
    ]
    assert rows[0].role is Role.CHAIR


@pytest.mark.parametrize("text", ["", "m_0001,n_g1,CHAIR,2026-01-31\n", "member,node,role\n"])
def test_a_file_without_the_header_is_refused_whole(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match="member,node,role,since"):
        read(tmp_path / "members.csv", text)


@settings(deadline=None)
@given(body=st.lists(st.lists(st.text(max_size=14), max_size=7), max_size=20))
def test_whatever_the_rows_hold_each_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, body: list[list[str]]
) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([HEADER.split(","), ["m_0001", "n_g1", "CHAIR", "2026-01-31"], *body])
    path = tmp_path_factory.getbasetemp() / "any-members.csv"
    rows, errors = read(path, buffer.getvalue().encode("utf-8", "surrogatepass"))
    assert rows[0].member == "m_0001"
    lines = [row.line for row in rows] + [line for line, _ in errors]
    assert len(lines) == len(set(lines))
