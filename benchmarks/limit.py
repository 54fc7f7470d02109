"""The practical limit: what a durable design costs at least in Python, so that ours has something to be held against.

    REDIS_URL=… BENCH_WAIT_MS=0 python -m benchmarks.limit worker weather
    REDIS_URL=… python -m benchmarks.limit client PORT     (started by wire.py)

Bare connections with hiredis' parser, no client library, no Lua, no retries, no reclaim, no heartbeat, nothing
validated. They send the messages that ours sends: the state at a plan's beginning and at its end, twelve log events,
each announced, the first with the request; the requests through a stream and its group, the last one with the answers
that have arrived; answers stored before they are announced. All of one moment leaves in one write. uvloop where it is
importable, in client and workers: uvicorn runs the product's gateway on it, and for the workers it is in the limit's
favour, if in anybody's.

It is a limit for that design, found by trying, not a proof that nothing is faster.
"""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import hiredis
from pydantic_core import from_json, to_json

from benchmarks.bodies import AGENTS, ANSWERS, FAN_OUT, LAST, REQUESTS
from benchmarks.driven import run, serve

GROUP = "workers"
ANSWERS_CHANNEL = "answers"
KEPT_S = 3_600
AT_ONCE = 16
"""How many requests a worker takes in one read."""


class Connection(asyncio.Protocol):
    """One connection to Redis. What is sent in one turn of the event loop leaves in one write; `heard` is given each
    reply, in order. `lost`: done when the connection is gone."""

    def __init__(self, heard: Callable[[Any], None] | None = None) -> None:
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader()
        self._unsent: list[bytes] = []
        self._sent = self._replied = 0
        self._waiters: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._transport: Any = None
        self.lost: asyncio.Future[None] = self._loop.create_future()

    def send(self, *command: str | bytes | int) -> None:
        if not self._unsent:
            self._loop.call_soon(self._write)
        self._unsent.append(hiredis.pack_command(command))
        self._sent += 1

    def settled(self) -> "asyncio.Future[None]":
        """Done when everything sent so far has its reply."""
        settled = self._loop.create_future()
        self._waiters.append((self._sent, settled))
        return settled

    def _write(self) -> None:
        self._transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not False:
            if isinstance(reply, hiredis.ReplyError):
                raise reply
            self._replied += 1
            if self._heard is not None:
                self._heard(reply)
        while self._waiters and self._waiters[0][0] <= self._replied:
            self._waiters.popleft()[1].set_result(None)


async def connect(heard: Callable[[Any], None] | None = None) -> Connection:
    """To REDIS_URL."""
    address = urlsplit(os.environ["REDIS_URL"])
    _, connection = await asyncio.get_running_loop().create_connection(
        lambda: Connection(heard), address.hostname, address.port
    )
    return connection


def now() -> str:
    return datetime.now(UTC).isoformat()


def request_stream(agent: str) -> str:
    return f"agent:{agent}:request"


def log_of(session_id: str) -> str:
    return f"log:{session_id}"


def envelope(session_id: str, request_id: str, agent: str, action: str, payload: bytes) -> bytes:
    """A message with what a durable design has to know of it."""
    ids = {"session_id": session_id, "request_id": request_id, "timestamp": now()}
    metadata = {"timeout_ms": 30_000}
    return _with_bodies({**ids, "agent": agent, "action": action, "metadata": metadata}, {"payload": payload})


def step_event(request_id: str, agent: str, status: str) -> bytes:
    told = {"agent": agent, "step": agent, "message": f"{agent} {status}", "status": status, "progress_percent": 0}
    return to_json({"type": "progress", **told, "request_id": request_id, "timestamp": now()})


# ---- a worker


class Worker:
    """Takes requests of one agent, waits with each, answers; any number at a time."""

    def __init__(self, agent: str, wait_s: float) -> None:
        self._agent = agent
        self._wait_s = wait_s
        self._stream = request_stream(agent)
        self._report = {"rows": ANSWERS[agent]}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        self._commands, self._reads = await connect(), await connect(self._taken)
        self._commands.send("XGROUP", "CREATE", self._stream, GROUP, "0", "MKSTREAM")
        await self._commands.settled()
        self._take()
        await self._reads.lost

    def _take(self) -> None:
        group = ("GROUP", GROUP, "one")
        self._reads.send("XREADGROUP", *group, "COUNT", AT_ONCE, "BLOCK", 0, "STREAMS", self._stream, ">")

    def _taken(self, reply: list[Any]) -> None:
        self._take()
        for entry_id, fields in reply[0][1]:
            request = from_json(fields[1])
            if not self._wait_s:
                self._answer(entry_id, request)
                continue
            task = asyncio.create_task(self._answer_later(entry_id, request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer_later(self, entry_id: bytes, request: dict[str, Any]) -> None:
        await asyncio.sleep(self._wait_s)
        self._answer(entry_id, request)

    def _answer(self, entry_id: bytes, request: dict[str, Any]) -> None:
        """First what must not be lost, then the news of it, then the request is done with."""
        session_id, request_id, send = request["session_id"], request["request_id"], self._commands.send
        answer = envelope(session_id, request_id, self._agent, "response", to_json(self._report))
        event, log = step_event(request_id, self._agent, "completed"), log_of(session_id)
        send("XADD", log, "*", "event", event, "data", answer)
        send("PUBLISH", ANSWERS_CHANNEL, answer)
        send("PUBLISH", log, event)
        send("XACK", self._stream, GROUP, entry_id)
        send("XDEL", self._stream, entry_id)


# ---- the client


class Plan:
    """One plan under way. `bodies`: the request and each agent's answer, encoded, by name as they arrived."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.session_id = str(uuid4())
        self.created_at = now()
        self.bodies = {"request": to_json(REQUESTS)}
        self.fanned_out: asyncio.Future[None] = loop.create_future()
        self.finished: asyncio.Future[None] = loop.create_future()

    def heard(self, agent: str, answer: bytes) -> None:
        self.bodies[agent] = answer
        if agent == LAST:
            self.finished.set_result(None)
        elif self.bodies.keys() >= set(FAN_OUT):
            self.fanned_out.set_result(None)

    def state(self, status: str) -> bytes:
        steps = {agent: {"agent": agent, "is_done": agent in self.bodies} for agent in AGENTS}
        times = {"created_at": self.created_at, "updated_at": now()}
        return _with_bodies({"session_id": self.session_id, "status": status, "agents": steps, **times}, self.bodies)

    def last_request(self) -> bytes:
        """What arrived, for the last agent."""
        return _with_bodies({}, {f"{agent}_data": self.bodies[agent] for agent in FAN_OUT})


def _with_bodies(members: Mapping[str, Any], bodies: Mapping[str, bytes]) -> bytes:
    """One JSON object. What is encoded already is put in as it is: no body is encoded twice."""
    known = [to_json(members)[1:-1]] if members else []
    return b"{%b}" % b",".join(known + [b'"%b":%b' % (name.encode(), body) for name, body in bodies.items()])


class Client:
    """Opens plans and drives them. A plan counts once its end is stored."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}

    async def run(self, port: int) -> None:
        self._commands, self._answers = await connect(), await connect(self._heard)
        self._answers.send("SUBSCRIBE", ANSWERS_CHANNEL)
        await self._answers.settled()
        serving = asyncio.create_task(serve(self.plan, port))
        lost = (self._commands.lost, self._answers.lost)
        await asyncio.wait([serving, *lost], return_when=asyncio.FIRST_COMPLETED)
        assert serving.done(), "the connection to Redis was lost"
        serving.result()

    def _heard(self, message: list[Any]) -> None:
        if message[0] != b"message":
            return
        answer = from_json(message[2])
        if plan := self._plans.get(answer["session_id"]):
            assert answer["payload"]["rows"]
            plan.heard(answer["agent"], message[2])

    async def plan(self) -> None:
        plan = Plan()
        self._plans[plan.session_id] = plan
        try:
            await self._drive(plan)
        finally:
            del self._plans[plan.session_id]
        assert plan.bodies.keys() >= set(AGENTS)

    async def _drive(self, plan: Plan) -> None:
        self._open(plan)
        await self._commands.settled()
        await plan.fanned_out
        self._go_on(plan)
        await plan.finished
        self._end(plan)
        await self._commands.settled()

    def _open(self, plan: Plan) -> None:
        log = log_of(plan.session_id)
        self._store(plan, "running")
        self._tell(log, _session_event(plan, "started"), "data", plan.bodies["request"])
        self._commands.send("EXPIRE", log, KEPT_S)
        for agent in FAN_OUT:
            self._ask(plan, agent, to_json({"question": REQUESTS[agent]}))

    def _go_on(self, plan: Plan) -> None:
        self._ask(plan, LAST, plan.last_request())

    def _end(self, plan: Plan) -> None:
        log = log_of(plan.session_id)
        self._tell(log, _session_event(plan, "completed"))
        self._commands.send("EXPIRE", log, KEPT_S)
        self._store(plan, "completed")

    def _store(self, plan: Plan, status: str) -> None:
        self._commands.send("SET", f"state:{plan.session_id}", plan.state(status), "EX", KEPT_S)

    def _tell(self, log: str, event: bytes, *bulk: str | bytes) -> None:
        self._commands.send("XADD", log, "*", "event", event, *bulk)
        self._commands.send("PUBLISH", log, event)

    def _ask(self, plan: Plan, agent: str, payload: bytes) -> None:
        request_id = str(uuid4())
        self._tell(log_of(plan.session_id), step_event(request_id, agent, "requested"))
        request = envelope(plan.session_id, request_id, agent, "request", payload)
        self._commands.send("XADD", request_stream(agent), "*", "envelope", request)


def _session_event(plan: Plan, status: str) -> bytes:
    return to_json({"type": status, "session_id": plan.session_id, "status": status, "timestamp": now()})


if __name__ == "__main__":
    if sys.argv[1] == "client":
        run(Client().run(int(sys.argv[2])))
    else:
        # As the product's workers do; it spares the limit, too.
        with suppress(AttributeError, OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        run(Worker(sys.argv[2], float(os.environ.get("BENCH_WAIT_MS", "0")) / 1000).run())
