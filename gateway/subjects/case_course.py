"""Matters: the commands off the straight way, derived from their contracts. Each answers the matter, or why it was refused."""

from gateway.derive import mutations
from gateway.subjects.case_commands import CaseAnswer, case_or_done
from services.contracts.commands.matters import COURSE

CourseMutation = mutations("CourseMutation", COURSE, CaseAnswer, case_or_done)
