"""The requests that an instance has in hand: each in a slot of its own, worked side by side.

Two bring requests in, the reader and the takeover; so the slots are counted here, and `intake` lets one of them at a
time begin what Redis holds to be ours already.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from app.messaging.broker import Broker, Delivery
from app.workers import agent_call
from app.workers.acknowledgements import Acknowledgements
from app.workers.errors import LeftForAnotherTimeError
from app.workers.lease_keeper import LeaseKeeper
from app.workers.presence import Presence
from app.workers.request_run import RequestRun

log = structlog.get_logger(__name__)


ACKNOWLEDGE_WITHIN_S = 5.0
"""How long a worker that stops tries to tell Redis what is done with."""


class InFlight:
    """`slots`: how many are worked at a time."""

    def __init__(
        self,
        broker: Broker,
        agent: str,
        slots: int,
        make_run: Callable[[Delivery], RequestRun],
        keeper: LeaseKeeper,
        presence: Presence,
    ) -> None:
        self.slots = slots
        self._acknowledgements = Acknowledgements(broker, agent, self._acknowledged)
        self.intake = asyncio.Lock()
        self._make_run = make_run
        self._keeper = keeper
        self._presence = presence
        self._runs: dict[str, tuple[RequestRun, asyncio.Task[None]]] = {}
        self._changed = asyncio.Event()
        self._reserved = 0
        self._checks: set[asyncio.Task[None]] = set()

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._runs or entry_id in self._acknowledgements

    def __len__(self) -> int:
        return len(self._runs)

    # ---- slots

    @property
    def free(self) -> int:
        """Never negative; a worker that stops may have more in hand than it has slots."""
        return max(0, self.slots - len(self._runs))

    @property
    def free_for_new(self) -> int:
        return max(0, self.free - self._reserved)

    def reserve(self, count: int) -> None:
        """Keep so many slots from new requests: what was taken over has them."""
        self._reserved = count
        self._changed.set()

    async def wait_for_slot(self) -> None:
        """Wait until one is free, be it a reserved one."""
        await self._until(lambda: self.free > 0)

    async def wait_for_new_slot(self) -> None:
        """Wait until one is free that new requests may take."""
        await self._until(lambda: self.free_for_new > 0)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    # ---- runs

    def begin(self, delivery: Delivery) -> None:
        """Work it, unless we do already."""
        if delivery.entry_id in self:
            return
        run = self._make_run(delivery)
        self._keeper.hold(delivery.entry_id)
        task = asyncio.create_task(run.work())
        self._runs[delivery.entry_id] = (run, task)
        self._presence.load = len(self._runs)
        task.add_done_callback(lambda done: self._ended(delivery.entry_id, run, done))

    def _ended(self, entry_id: str, run: RequestRun, task: "asyncio.Task[None]") -> None:
        del self._runs[entry_id]
        if run.is_done_with:
            self._acknowledgements.add(entry_id)
        else:
            self._keeper.let_go(entry_id)
        self._presence.load = len(self._runs)
        self._changed.set()
        if run.duration_ms:
            self._presence.worked(run.duration_ms, run.succeeded)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("request_run_failed", reason=repr(error), exc_info=error)

    def _acknowledged(self, entry_ids: list[str]) -> None:
        for entry_id in entry_ids:
            self._keeper.let_go(entry_id)

    def on_session_ended(self, session_id: str) -> None:
        for run, _ in list(self._runs.values()):
            if run.session_id == session_id:
                run.on_session_ended()

    def on_lease_lost(self, entry_id: str) -> None:
        if entry_id in self._runs:
            self._runs[entry_id][0].on_lease_lost()

    def look_for_cancels(self) -> None:
        """Some may have been announced while we did not listen."""
        for run, _ in list(self._runs.values()):
            check = asyncio.create_task(_stop_where_over(run))
            self._checks.add(check)
            check.add_done_callback(self._checks.discard)

    def fault(self) -> str | None:
        """What an agent does that keeps a slot for ever; None where none does."""
        overdue_s = max((run.overdue_s() for run, _ in self._runs.values()), default=0.0)
        return f"an agent heeds no cancellation, since {overdue_s:.0f} s" if overdue_s > 0 else None

    # ---- the end

    async def finish(self, within_s: float) -> None:
        """Wait until what is in hand is worked. What is stuck already is not waited for."""
        working = [task for run, task in self._runs.values() if run.overdue_s() == 0]
        if working:
            log.info("worker_finishing", requests=len(working))
            await asyncio.wait(working, timeout=within_s)
        await self._acknowledgements.flush(ACKNOWLEDGE_WITHIN_S)

    async def cancel(self) -> bool:
        """Leave what is in hand to other instances. False where an agent heeds no cancellation."""
        left = {task for _, task in self._runs.values()} | self._checks
        await self._acknowledgements.aclose()
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=agent_call.CANCEL_GRACE_S)
        return all(task.done() for task in left)


async def _stop_where_over(run: RequestRun) -> None:
    with suppress(LeftForAnotherTimeError):
        await run.stop_where_session_is_over()
