"""Numbers that identify a person are found in what people type; other numbers are left alone (domain 6.4)."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.pii import Finding, Kind, found, mask

WEIGHTS = [pow(2, 17 - place, 11) for place in range(17)]  # the standard's own definition: 2^(i-1) mod 11


def id_number(body: str) -> str:
    """A made-up identity number: 17 digits and the check digit that makes the weighted sum 1 (mod 11)."""
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "0123456789X"[(1 - total) % 11]


def card_number(body: str) -> str:
    for last in "0123456789":
        digits = [int(digit) for digit in (body + last)[::-1]]
        if (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0:
            return body + last
    raise AssertionError


ID = id_number("21010219490231001")
ID_X = next(
    number for serial in range(99) if (number := id_number(f"2101021985123100{serial % 10}"))[-1] == "X" or serial > 90
)
CARD_16, CARD_19 = card_number("622200000000123"), card_number("622200000000123456")


@pytest.mark.parametrize(
    "kind, number",
    [
        (Kind.MOBILE, "13900001111"),
        (Kind.MOBILE, "139 0000 1111"),
        (Kind.MOBILE, "139-0000-1111"),
        (Kind.MOBILE, "+8613900001111"),
        (Kind.MOBILE, "86-139-0000-1111"),
        (Kind.MOBILE, "１３９００００１１１１"),
        (Kind.MOBILE, "１３９—００００—１１１１"),
        (Kind.LANDLINE, "024-22223333"),
        (Kind.LANDLINE, "02422223333"),
        (Kind.LANDLINE, "（０２４）２２２２３３３３"),
        (Kind.LANDLINE, "0412 2345678"),
        (Kind.ID_NUMBER, ID),
        (Kind.ID_NUMBER, f"{ID[:6]} {ID[6:14]} {ID[14:]}"),
        (Kind.ID_NUMBER, "".join(chr(ord(digit) + 0xFEE0) for digit in ID)),
        (Kind.ID_NUMBER, ID_X),
        (Kind.ID_NUMBER, ID_X.replace("X", "x")),
        (Kind.ID_NUMBER, ID_X.replace("X", "×")),
        (Kind.BANK_CARD, CARD_16),
        (Kind.BANK_CARD, CARD_19),
        (Kind.BANK_CARD, " ".join(re.findall(".{1,4}", CARD_19))),
        (Kind.BANK_CARD, f"{CARD_19[:6]} {CARD_19[6:]}"),
    ],
)
def test_a_number_is_found_where_it_stands_and_masked(kind: Kind, number: str) -> None:
    for before, after in (("", ""), ("请打", "找她"), ("㊿℡ a1,", "。"), ("(", ")")):
        text = before + number + after
        start = len(before)
        assert found(text) == [Finding(start, start + len(number), kind)]
        masked = mask(text)
        assert len(masked) == len(text)
        assert (masked[:start], masked[start + len(number) :]) == (before, after)
        assert not re.search(r"\w", masked[start : start + len(number)])
        assert found(masked) == []


@pytest.mark.parametrize(
    "text, masked",
    [
        ("聚果园3号楼2单元501室", "聚果园3号楼2单元***室"),
        ("２单元５０１", "２单元***"),
        ("三单元五零一", "三单元***"),
        ("住在302 室", "住在*** 室"),
        ("12-3-402门口", "**-*-***门口"),
        ("我的微信号：lan_mei1990", "我的微信号：***_*******"),
        ("加vx limei-77", "加vx *****-**"),
        ("辽C·12345挡住了门", "**·*****挡住了门"),
        ("辽ｃ１２３４５", "*******"),
        ("辽CD12345新能源车", "********新能源车"),
        ("辽C1234警", "*******"),
    ],
)
def test_whose_door_it_is_and_her_name_on_wechat(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert found(masked) == []


def test_the_identity_number_with_x_is_one() -> None:
    assert ID_X.endswith("X")


def test_several_numbers_in_one_text() -> None:
    text = f"电话１３９００００１１１１或024-22223333，身份证{ID}，卡号{CARD_19}"
    assert [finding.kind for finding in found(text)] == [Kind.MOBILE, Kind.LANDLINE, Kind.ID_NUMBER, Kind.BANK_CARD]
    assert mask(text) == f"电话{'*' * 11}或***-********，身份证{'*' * 18}，卡号{'*' * 19}"


def test_a_card_number_before_a_count_is_still_one() -> None:
    assert mask(f"卡号{CARD_16} 2张") == f"卡号{'*' * 16} 2张"
    assert mask(f"{CARD_16} 13900001111") == f"{'*' * 16} {'*' * 11}"


@pytest.mark.parametrize(
    "text",
    [
        "210113001010",  # a region
        "区划代码210302003008和211224100012",
        "202011061234567890",  # an order number
        "订单 201912311234567894",
        ID[:-1] + "0123456789X"[("0123456789X".index(ID[-1]) + 1) % 11],  # a wrong check digit
        CARD_16[:-1] + str((int(CARD_16[-1]) + 1) % 10),
        card_number("211300000000123"),  # a Luhn digit, but no issuer
        "139000011112",
        "9139000011110",
        "12338 12345 110",
        "2026-10-13 17:00",
        "36,000 元，12 盏灯",
        "聚果园3号楼2单元门口",
        "用微信说一声",
        "辽宁C区12345",
        "新ABCDEF牌",
        "辽C123456789号文件",
        "",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert found(text) == []
    assert mask(text) == text


@given(
    st.lists(
        st.sampled_from(["13900001111", "02422223333", ID, CARD_16, CARD_19, " ", "-", "1", "0", "，", "㊿", "x"]),
        max_size=8,
    )
)
def test_masking_leaves_nothing_to_find_and_findings_never_overlap(parts: list[str]) -> None:
    text = "".join(parts)
    findings = found(text)
    assert all(a.end <= b.start for a, b in pairwise(findings))
    assert found(mask(text)) == []


@given(st.text())
def test_any_text_keeps_its_length(text: str) -> None:
    assert len(mask(text)) == len(text)
