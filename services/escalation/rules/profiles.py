"""A profile must not say more than the class and the level-1 category that stand beside it in an event (domain 1.4 V4, V9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from services.contracts.cases import CaseClass, Category, SubCategory
from services.escalation.rules.limits import DEFAULT


def telling(profiles: Mapping[SubCategory, str]) -> dict[str, str]:
    """The profiles that would give away a sub-category whose default class is C2 or C3, each with the reason.

    Two rules. A profile other than `default` with private sub-categories holds two of each class. And of the private
    sub-categories of one category and class it holds none, all, or at least two; this binds `default` too, for what is
    left over is a name as well.
    """
    by_class: dict[tuple[str, CaseClass], list[SubCategory]] = defaultdict(list)
    by_category: dict[tuple[str, Category, CaseClass], list[SubCategory]] = defaultdict(list)
    all_of: dict[tuple[Category, CaseClass], int] = defaultdict(int)
    for sub in SubCategory:
        category, case_class, _ = sub.default
        if case_class.private:
            profile = profiles.get(sub, DEFAULT)
            by_class[profile, case_class].append(sub)
            by_category[profile, category, case_class].append(sub)
            all_of[category, case_class] += 1
    found: dict[str, str] = {}
    for (profile, case_class), subs in by_class.items():
        if profile != DEFAULT and len(subs) == 1:
            found[profile] = (
                f"it would name {subs[0]} ({case_class}): give it a second {case_class} sub-category or use {DEFAULT}"
            )
    for (profile, beside, case_class), subs in by_category.items():
        if len(subs) == 1 < all_of[beside, case_class]:
            reason = f"beside {beside} and {case_class} it would name {subs[0]}"
            found.setdefault(profile, f"{reason}; put another of their sub-categories with it, or take this one out")
    return found
