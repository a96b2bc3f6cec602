"""Questions and answers: how a pure decision gets its facts.

A fact that could not be had is a value, `Unknown`; expected faults never travel as exceptions.
"""

from promote.question.asking import Answer, Answers, Asking, Now, Question, abreast, drive, time_of
from promote.question.looking_back import look_back
from promote.question.outside import (
    CommitStatus,
    Probe,
    Probed,
    Review,
    Reviewed,
    Reviews,
    Said,
    Statuses,
    StatusState,
)
from promote.question.past import Brought, Past, Ran, State, Stretch
from promote.question.proposed import Carried, HoldChange, Proposed, Request, Standing, Stands, Versions
from promote.question.registry import Absent, Admitted, Facts, Known, Limits, Quota, SignedIn, Tags, Unreadable, What
from promote.question.unknown import Reason, Unknown

__all__ = [
    "Absent",
    "Admitted",
    "Answer",
    "Answers",
    "Asking",
    "Brought",
    "Carried",
    "CommitStatus",
    "Facts",
    "HoldChange",
    "Known",
    "Limits",
    "Now",
    "Past",
    "Probe",
    "Probed",
    "Proposed",
    "Question",
    "Quota",
    "Ran",
    "Reason",
    "Request",
    "Review",
    "Reviewed",
    "Reviews",
    "Said",
    "SignedIn",
    "Standing",
    "Stands",
    "State",
    "StatusState",
    "Statuses",
    "Stretch",
    "Tags",
    "Unknown",
    "Unreadable",
    "Versions",
    "What",
    "abreast",
    "drive",
    "look_back",
    "time_of",
]
