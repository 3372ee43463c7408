"""Numbers in free text that identify a person, and whose door it is: found, and masked (domain 6.4, 1.4).

Only what a check digit or a fixed shape makes certain. Names are not looked for: that is done by structured fields, the
roster of the case and the person who approves the summary.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.intake.rules.phones import plain


class Kind(StrEnum):
    """What was found."""

    ID_NUMBER = "ID_NUMBER"
    BANK_CARD = "BANK_CARD"
    MOBILE = "MOBILE"
    LANDLINE = "LANDLINE"
    ROOM = "ROOM"
    """Whose door it is: a text for others names the building and no more."""
    WECHAT = "WECHAT"
    PLATE = "PLATE"
    """Whose car it is."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A number or a name at ``text[start:end]`` of the text as it was given."""

    start: int
    end: int
    kind: Kind


def found(text: str) -> list[Finding]:
    """All such numbers, in the order of the text, none overlapping another.

    Full-width digits, +86, spaces and hyphens between groups are seen through. Region codes (12 digits) and order numbers
    do not match: an identity number needs its check digit, a bank card an issuer's prefix and its Luhn digit.
    """
    folded, origin = _folded(text)
    findings: list[Finding] = []
    while hits := list(_hits(folded)):  # again, since a number may stand clear only when its neighbour is taken out
        for start, end, kind in hits:
            findings.append(Finding(origin[start], origin[end - 1] + 1, kind))
            folded = folded[:start] + "*" * (end - start) + folded[end:]
    return sorted(findings)


def mask(text: str) -> str:
    """The text with every letter and digit of a finding as ``*``; length and the rest stay as they are."""
    characters = list(text)
    for finding in found(text):
        for at in range(finding.start, finding.end):
            if characters[at].isalnum() or characters[at] == "×":
                characters[at] = "*"
    return "".join(characters)


def _folded(text: str) -> tuple[str, list[int]]:
    """The text with look-alikes folded, and for each of its characters the place it came from (㊿ becomes two)."""
    pieces = [(part, at) for at, character in enumerate(text) for part in plain(character).upper()]
    return "".join(part for part, _ in pieces), [at for _, at in pieces]


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _is_id_number(digits: str) -> bool:
    """ISO 7064 MOD 11-2, as in GB 11643."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return "10X98765432"[total % 11] == digits[-1]


def _is_card_number(digits: str) -> bool:
    """Luhn: from the right, every second digit doubled."""
    doubled = (int(digit) << place % 2 for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _always(digits: str) -> bool:
    return True


_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_ALONE, _END = r"(?<![0-9])", r"(?![0-9])"
_ISSUER = _ALONE + r"(?=35|4|5[1-5]|6[02]|95)"  # order numbers mostly begin with a year instead
_CHINESE = "零〇一二三四五六七八九十"
_AREA = r"(?:010|02[0-9]|0[3-9][0-9]{2})"
_SHAPES: tuple[tuple[Kind, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        Kind.ID_NUMBER,
        re.compile(
            _ALONE + r"[1-9][0-9]{5}[- ]?(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
            r"[- ]?[0-9]{3}[0-9X]" + _END
        ),
        _is_id_number,
    ),
    (
        Kind.BANK_CARD,
        re.compile(_ISSUER + r"(?:[0-9]{4}(?:[- ]?[0-9]{4}){3}[- ]?[0-9]{1,3}|[0-9]{6}[- ][0-9]{10,13})" + _END),
        _is_card_number,
    ),
    (  # apart from the longer ones: "… 0123 2张" is 16 digits and a count
        Kind.BANK_CARD,
        re.compile(_ISSUER + r"[0-9]{4}(?:[- ]?[0-9]{4}){3}" + _END),
        _is_card_number,
    ),
    (Kind.MOBILE, re.compile(_ALONE + r"(?:\+?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2}" + _END), _always),
    (
        Kind.LANDLINE,
        re.compile(_ALONE + rf"(?:\({_AREA}\)|{_AREA})[- ]?[1-9][0-9]{{6,7}}" + _END),
        _always,
    ),
    (Kind.ROOM, re.compile(rf"(?<=单元)(?:[0-9]{{1,4}}|[{_CHINESE}]{{1,4}})"), _always),
    (Kind.ROOM, re.compile(rf"{_ALONE}(?:[0-9]{{1,4}}|[{_CHINESE}]{{2,4}})(?= ?室)"), _always),
    (Kind.ROOM, re.compile(r"(?<![0-9-])[0-9]{1,3}-[0-9]{1,2}-[0-9]{3,4}(?![0-9-])"), _always),  # building, unit, room
    (  # GA 36: five places, six of a new-energy car, of which letters I and O are none; one at least is a digit
        Kind.PLATE,
        re.compile(
            rf"[{_PROVINCES}][A-HJ-NP-Z][·• -]?(?=[A-HJ-NP-Z]{{0,5}}[0-9])"
            r"(?:[A-HJ-NP-Z0-9]{5,6}|[A-HJ-NP-Z0-9]{4}[挂学警])(?![A-Z0-9])"
        ),
        _always,
    ),
    (Kind.WECHAT, re.compile(r"(?:微信|WECHAT|WEIXIN|VX)(?:号|ID)?[是为: ]{0,3}([A-Z][-_A-Z0-9]{5,19})"), _always),
)


def _hits(text: str) -> Iterator[tuple[int, int, Kind]]:
    for kind, shape, certain in _SHAPES:
        for match in shape.finditer(text):
            if certain(re.sub("[- ]", "", match[0])):
                start, end = match.span(match.lastindex or 0)  # of what has a word before it, the group
                yield start, end, kind
                text = text[:start] + "*" * (end - start) + text[end:]
