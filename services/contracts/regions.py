"""Regions are code strings; a scope is a prefix (domain 4.3: 21 > 2101 > 210113 > 210113001 > 210113001010)."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from services.contracts.base import Model
from services.contracts.refusals import Code, Refused

RegionCode = Annotated[str, StringConstraints(pattern=r"^21([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?$")]
"""A statistical region code of 2, 4, 6, 9 or 12 digits; always a string."""


class Level(StrEnum):
    """The five levels of the federation, lowest first."""

    VILLAGE = "VILLAGE"
    TOWNSHIP = "TOWNSHIP"
    COUNTY = "COUNTY"
    CITY = "CITY"
    PROVINCE = "PROVINCE"

    @property
    def width(self) -> int:
        """How many digits a code of this level has."""
        return _WIDTH[self]

    @property
    def above(self) -> "Level | None":
        """The next level up; None above the province."""
        order = list(Level)
        place = order.index(self) + 1
        return order[place] if place < len(order) else None


_WIDTH = {Level.VILLAGE: 12, Level.TOWNSHIP: 9, Level.COUNTY: 6, Level.CITY: 4, Level.PROVINCE: 2}
_LEVEL = {width: level for level, width in _WIDTH.items()}


def level_of(code: str) -> Level:
    """The level of a region code, by its length."""
    return _LEVEL[len(code)]


def at_level(code: str, level: Level) -> str:
    """The ancestor of a region at a level (itself at its own)."""
    return code[: level.width]


def contains(scope: str, code: str) -> bool:
    """Whether a region lies in a scope. Safe only because codes have fixed widths (`RegionCode`)."""
    return code.startswith(scope) and len(scope) in _LEVEL


def in_cell(cell: str, region: str) -> None:
    """Raises Refused REGION_OF_ANOTHER_CELL: a cell keeps its own regions and those above it."""
    if not contains(cell, region) and not contains(region, cell):
        raise Refused(Code.REGION_OF_ANOTHER_CELL, region=region, cell=cell)


def is_above(code: str, below: str) -> bool:
    """Whether a region contains another and is not that region itself."""
    return code != below and contains(code, below)


class RegionSource(StrEnum):
    """Where a region row comes from (domain 4.2)."""

    STATISTICAL_2023 = "STATISTICAL_2023"
    OPERATOR = "OPERATOR"


class Region(Model):
    """One region. Names are for people; they are no keys (198 pairs of one name in one county)."""

    code: RegionCode
    name: str
    source: RegionSource = RegionSource.STATISTICAL_2023
