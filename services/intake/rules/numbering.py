"""The case number that people quote (domain 2.1)."""

from datetime import datetime

from services.contracts.regions import RegionCode
from services.intake.rules.case import SHANGHAI


def number_of(region: RegionCode, now: datetime, running: int) -> str:
    """Province, city, day, running number, as in 21-2103-20261124-000001: no personal meaning."""
    return f"{region[:2]}-{region[:4]}-{now.astimezone(SHANGHAI):%Y%m%d}-{running:06d}"
