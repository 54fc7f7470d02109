"""What one client was told and saw of one session: the record that is held against what the fleet says of itself.

It is a file of its own because the checker reads it, and tests of the checker write it by hand.
"""

from dataclasses import dataclass, field

FINAL_EVENTS = ("completed", "failed", "cancelled", "timeout")
TERMINAL = ("completed", "partial", "failed", "cancelled", "timeout")


@dataclass(frozen=True)
class Seen:
    """One event of a session's stream. `digest`: of its `data`, byte for byte."""

    event_id: str
    kind: str
    digest: str


@dataclass
class SessionRecord:
    """`mode`: how the client went about it. `session_ids`: every id that its key was answered with, each once.

    `seen`: the events of all attachments in order of arrival, `seen_at`: when each came, seconds since 1970;
    `is_followed`: whether they are meant to be all of them. `final`: the state that the client was told last and as
    final. `is_cancelled`: its DELETE was answered 200. `troubles`: how many of its requests and streams broke; that is
    no fault. `oddities`: what no fault excuses, in words. Times: seconds.
    """

    client: int
    mode: str
    key: str
    session_ids: list[str] = field(default_factory=list)
    is_followed: bool = False
    seen: list[Seen] = field(default_factory=list)
    seen_at: list[float] = field(default_factory=list)
    final: str | None = None
    is_cancelled: bool = False
    troubles: int = 0
    took_s: float = 0.0
    oddities: list[str] = field(default_factory=list)

    def answered_with(self, session_id: str) -> None:
        if session_id not in self.session_ids:
            self.session_ids.append(session_id)

    @property
    def session_id(self) -> str:
        """The first id that the client was given; "" where nothing was accepted."""
        return self.session_ids[0] if self.session_ids else ""
