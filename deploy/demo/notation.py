"""The three platforms in the notation of domain 1.6: what the columns P2 and P3 of a story say. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

NOTHING_THERE = "–"
"""P2 without a session or an item, P3 without a level above the village and without an order."""

LETTER = {"VILLAGE": "V", "TOWNSHIP": "T", "COUNTY": "C", "CITY": "M", "PROVINCE": "P"}

FIELDS = """docket sessions { stage } resolutions { stage } items { stage resolutionId }
  entries { level state } workOrders { orderId state department { code } }"""
"""What is asked of a matter for it."""


def council(case: Mapping[str, Any]) -> str:
    """P2: the newest session, the newest resolution, the items that are not interim, and those that are."""
    said = [each["stage"] for each in case["sessions"][-1:]]
    said += [f"resolution {each['stage']}" for each in case["resolutions"][-1:]]
    items = [each for each in case["items"] if each["resolutionId"] is not None]
    interim = [each for each in case["items"] if each["resolutionId"] is None]
    said += _counted("item", items, "stage") + _counted("interim item", interim, "stage")
    return ", ".join(said) or NOTHING_THERE


def follow_up(case: Mapping[str, Any]) -> str:
    """P3: each level and its state, lowest first, unless the village alone has to do with it; then the orders."""
    order = list(LETTER)
    entries = sorted(case["entries"], key=lambda entry: order.index(entry["level"]))
    alone = all(entry["level"] == "VILLAGE" for entry in entries)
    said = [] if alone else [f"{LETTER[entry['level']]} {entry['state']}" for entry in entries]
    return ", ".join(said + _counted("order", case["workOrders"], "state")) or NOTHING_THERE


def _counted(what: str, found: Sequence[Mapping[str, Any]], state: str) -> list[str]:
    """`2 items VERIFIED`, for each state, in the order in which they turn up."""
    counted = Counter(each[state] for each in found)
    return [f"{what} {name}" if n == 1 else f"{n} {what}s {name}" for name, n in counted.items()]
