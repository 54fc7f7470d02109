"""RoundTableError
└── CoreError
    ├── SessionNotFoundError      no session of that id, or its time is over
    ├── SessionEndedError         it ended otherwise; carries the state it ended in
    ├── AgentFailedError          an agent that was asked directly answered with an error
    ├── AgentTimeoutError         an agent that was asked directly did not answer in time
    ├── ShuttingDownError         this gateway stops before the session has ended
    └── WorkflowError             a workflow that cannot run: a name twice, a need that does not exist, a circle
"""

from app.errors import RoundTableError


class CoreError(RoundTableError):
    code = "core_error"


class SessionNotFoundError(CoreError):
    code = "session_not_found"

    def __init__(self, session_id: str) -> None:
        super().__init__(f"no session {session_id} is known; sessions are kept for a limited time after their end")


class SessionEndedError(CoreError):
    code = "session_ended"

    def __init__(self, session_id: str, status: str) -> None:
        super().__init__(f"session {session_id} has ended already, in state {status}")
        self.status = status


class AgentFailedError(CoreError):
    """`code` is the agent's own word for what went wrong."""

    def __init__(self, agent: str, code: str, message: str) -> None:
        super().__init__(message)
        self.agent = agent
        self.code = code


class AgentTimeoutError(CoreError):
    code = "agent_timeout"
    retryable = True

    def __init__(self, agent: str, timeout_ms: int) -> None:
        super().__init__(f"Agent {agent} timed out after {timeout_ms}ms")
        self.agent = agent


class ShuttingDownError(CoreError):
    code = "shutting_down"
    retryable = True

    def __init__(self, session_id: str) -> None:
        super().__init__(f"the gateway stops before session {session_id} has ended")


class WorkflowError(CoreError):
    code = "invalid_workflow"
