"""The read model follows the log closely, however much happens, and is written once for what happens together."""

import math
from datetime import UTC, datetime

import pytest

from app.core.read_model_writer import WRITE_WITHIN_S, ReadModelWriter
from app.core.state import SessionState
from app.messaging.protocols import new_id
from tests.conftest import Bus
from tests.scripted_agents import fan_in_workflow
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio


async def test_what_changes_again_and_again_puts_nothing_off(fake_bus: Bus) -> None:
    writer = ReadModelWriter(fake_bus.broker())
    assert writer.due_in_s() == math.inf
    writer.mark_dirty()
    before = writer.due_in_s()
    assert 0 < before <= WRITE_WITHIN_S

    def it_is_time() -> bool:
        writer.mark_dirty()
        return writer.due_in_s() <= 0

    await wait_until(it_is_time)


async def test_once_it_is_written_nothing_is_due(fake_bus: Bus) -> None:
    broker = fake_bus.broker()
    writer = ReadModelWriter(broker)
    state = SessionState.opened(new_id(), fan_in_workflow(("a",), "z"), {}, datetime.now(UTC), 60)
    writer.mark_dirty()
    await writer.write(state)
    assert writer.due_in_s() == math.inf
    assert await broker.get_state(state.session_id) is not None
