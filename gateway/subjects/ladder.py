"""The ladder: the commands of whoever has a matter, and of the levels above. Each answers the matter, or why it was refused."""

from gateway.derive import Info, mutations
from gateway.subjects.case import Case, found
from gateway.subjects.case_commands import CaseAnswer
from services.chassis.door import Answered
from services.contracts.commands.escalation import LADDER


async def _matter(info: Info, answered: Answered) -> Case:
    return await found(info, str(answered.answer["id"]))


LadderMutation = mutations("LadderMutation", LADDER, CaseAnswer, _matter)
