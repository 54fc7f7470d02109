"""RoundTableError
└── AgentError
    ├── AgentInputError   the request does not fit the agent; sending it again cannot help
    └── LookUpError       nobody outside could be asked for what the request is all about
"""

from app.errors import RoundTableError


class AgentError(RoundTableError):
    """An agent could not do its work; the message says why, in words fit for the traveller."""

    code = "agent_error"


class AgentInputError(AgentError):
    code = "invalid_request"
    blames_request = True


class LookUpError(AgentError):
    """Says nothing of the agent, which does well; so it must not count against it."""

    code = "lookup_unavailable"
    blames_request = True
