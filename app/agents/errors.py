"""RoundTableError
└── AgentError
    └── AgentInputError   the request does not fit the agent; sending it again cannot help
"""

from app.errors import RoundTableError


class AgentError(RoundTableError):
    """An agent could not do its work; the message says why, in words fit for the traveller."""

    code = "agent_error"


class AgentInputError(AgentError):
    code = "invalid_request"
    blames_request = True
