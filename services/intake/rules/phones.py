"""Phone numbers as people write them, brought to one form (domain 6.4)."""

import re
import unicodedata
from typing import ClassVar

_LOOK_ALIKES = str.maketrans(dict.fromkeys("‐‒–—―−", "-") | {"×": "X"})
_SEPARATORS = re.compile(r"[-\s.()]+")
_COUNTRY = r"(?:\+|00)?86"
_MOBILE = re.compile(rf"(?:{_COUNTRY})?0?(1[3-9][0-9]{{9}})")
_LANDLINE = re.compile(rf"(?:{_COUNTRY}0?|0)(10|2[0-9]|[3-9][0-9]{{2}})([1-9][0-9]{{6,7}})")
_LONGEST = 40


class MalformedPhone(ValueError):
    """Neither a mobile nor a landline number of mainland China. Never carries what was typed."""

    code: ClassVar[str] = "MALFORMED_PHONE"
    message_zh: ClassVar[str] = "电话号码格式不对，请填写 11 位手机号，或带区号的座机（不带分机号）"
    message_en: ClassVar[str] = (
        "that is not a phone number: give the 11 digits of a mobile, or a landline with its area code and no extension"
    )

    def __init__(self) -> None:
        super().__init__(f"{self.message_zh} / {self.message_en}")


def plain(text: str) -> str:
    """Full-width digits, dashes of all kinds and × as the ASCII that they stand for (NFKC and a little more)."""
    return unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKES)


def normalise(text: str) -> str:
    """``13900001111`` for a mobile, ``024-22223333`` for a landline, however it was typed (domain 6.4).

    Accepts full-width digits, +86, 0086 or 86, the trunk 0, spaces, dashes and brackets. Service lines (12338, 400…)
    are nobody's own number. Raises MalformedPhone.
    """
    if len(text) > _LONGEST:
        raise MalformedPhone
    digits = _SEPARATORS.sub("", plain(text))
    if mobile := _MOBILE.fullmatch(digits):
        return mobile[1]
    if landline := _LANDLINE.fullmatch(digits):
        return f"0{landline[1]}-{landline[2]}"
    raise MalformedPhone
