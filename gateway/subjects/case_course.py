"""Matters: the commands off the straight way, derived from their contracts."""

from typing import Annotated, Any

import strawberry

from gateway.context import Context
from gateway.derive import mutations
from gateway.refusals import Refusal
from gateway.subjects.case import Case, find, found
from gateway.subjects.case_commands import CaseAnswer
from gateway.subjects.inbox import Done
from services.chassis.door import Answered
from services.contracts.commands.matters import (
    COURSE,
    ChangeCircle,
    LowerClass,
    MergeMatter,
    RaiseClass,
    ReopenMatter,
    ReviewRejection,
    UnmergeMatter,
)

Info = strawberry.Info[Context, None]
OF_SIGHT = (RaiseClass, LowerClass, ChangeCircle, MergeMatter, UnmergeMatter, ReopenMatter, ReviewRejection)
"""After these the caller may see the matter no more, or has never seen it but in counts: a level above that merges it, looks at why it was
turned down or opens it again."""

SightAnswer = Annotated[
    Case | Done | Refusal,
    strawberry.union(
        "SightAnswer",
        description="事项；您不能查看时只答“已完成”；或被拒绝的原因。The matter; Done, where she may not see it; or why it was refused.",
    ),
]


async def _case(info: Info, answered: Answered) -> Any:
    return await found(info, str(answered.answer["id"]))


async def _case_or_done(info: Info, answered: Answered) -> Any:
    case_id, version = str(answered.answer["id"]), int(answered.answer["version"])
    return await find(info, case_id) or Done(id=case_id, version=version)


CourseMutation = mutations("CourseMutation", [each for each in COURSE if each not in OF_SIGHT], CaseAnswer, _case)
SightMutation = mutations("SightMutation", OF_SIGHT, SightAnswer, _case_or_done)
