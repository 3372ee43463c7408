"""All stories, in the order of domain 1.6."""

from collections.abc import Sequence

from deploy.demo.stories import s00, s02, s04, s05, s14, s16, s17, s18, s19, s21, s23
from deploy.demo.stories.base import Story

MODULES = (s00, s02, s04, s05, s14, s16, s17, s18, s19, s21, s23)


def stories() -> Sequence[Story]:
    """Each module's own."""
    return [module.STORY for module in MODULES]
