"""The ladder: the commands of whoever has a matter, and of the levels above. Each answers the matter, or why it was refused."""

from gateway.derive import mutations
from gateway.subjects.case_commands import CaseAnswer, case_or_done
from services.contracts.commands.escalation import LADDER

LadderMutation = mutations("LadderMutation", LADDER, CaseAnswer, case_or_done)
