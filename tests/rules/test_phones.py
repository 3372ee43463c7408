"""Phone numbers: one form whatever was typed, or a refusal that does not repeat it (domain 6.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.phones import MalformedPhone, normalise

MOBILE, LANDLINE = "13900001111", "024-22223333"


@pytest.mark.parametrize(
    "typed",
    [
        "13900001111",
        " 139 0000 1111 ",
        "139-0000-1111",
        "139—0000–1111",
        "１３９００００１１１１",
        "+86 139 0000 1111",
        "＋８６１３９００００１１１１",
        "+86-139-0000-1111",
        "8613900001111",
        "0086 13900001111",
        "013900001111",
        "139\u00a00000\u30001111",
        "(+86)13900001111",
    ],
)
def test_a_mobile(typed: str) -> None:
    assert normalise(typed) == MOBILE


@pytest.mark.parametrize(
    "typed",
    [
        "024-22223333",
        "02422223333",
        "024 2222 3333",
        "（０２４）２２２２３３３３",
        "+86 24 22223333",
        "+86 (0)24-2222-3333",
        "0086-24-22223333",
    ],
)
def test_a_landline(typed: str) -> None:
    assert normalise(typed) == LANDLINE


@pytest.mark.parametrize(
    "typed, plain",
    [("0412-2345678", "0412-2345678"), ("041182345678", "0411-82345678"), ("01065432100", "010-65432100")],
)
def test_area_codes_of_both_lengths(typed: str, plain: str) -> None:
    assert normalise(typed) == plain


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "1390000111",
        "139000011112",
        "12900001111",
        "22223333",
        "24-22223333",
        "024-02223333",
        "024-222233334",
        "024-22223333-101",
        "024-22223333转101",
        "110",
        "12338",
        "12345",
        "4008001234",
        "+1 139 0000 1111",
        "+852 2345 6789",
        "13900001111,13900002222",
        "13900001111 13900002222",
        "电话13900001111",
        "13900001111abc",
        "١٣٩٠٠٠٠١١١١",
        "210113001010",
        "++8613900001111",
        "13900001111\x00",
        "1" * 100_000,
        "13900001111" + " " * 50,
    ],
)
def test_what_is_no_phone_number(typed: str) -> None:
    with pytest.raises(MalformedPhone) as caught:
        normalise(typed)
    told = str(caught.value)
    assert "请填写" in told
    assert "area code" in told
    assert "1111" not in told


@given(st.text() | st.text(alphabet="0123456789+-() ０１９—", max_size=24))
def test_a_number_once_normal_stays_so_and_nothing_else_is_raised(text: str) -> None:
    try:
        number = normalise(text)
    except MalformedPhone:
        return
    assert number.isascii()
    assert normalise(number) == number
    assert normalise("+86 " + number) == number
