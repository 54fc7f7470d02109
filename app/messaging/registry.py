"""Who is there: one heartbeat an instance, and one breaker an agent that says whether it is worth asking."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.messaging import channels
from app.messaging.connection import Connection, Script
from app.messaging.errors import DecodeError
from app.messaging.replies import text_of

BREAKER = Script(
    "breaker",
    """
local verb, agent, threshold, cooldown = unpack(ARGV)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function number_of(field)
  local value = tonumber(redis.call('HGET', KEYS[1], field) or '') or 0
  if value > 0 and value < 1e15 then return math.floor(value) end
  return 0
end
local failures = number_of('failures')
local open_until = math.min(number_of('open_until'), now + tonumber(cooldown))
local may_ask = 1
if verb == 'succeeded' then
  if failures == 0 and open_until == 0 then return {0, 0, 1} end
  failures, open_until = 0, 0
elseif verb == 'failed' then
  failures = failures + 1
  if failures >= tonumber(threshold) then open_until = now + tonumber(cooldown) end
elseif open_until > now then
  may_ask = 0
elseif open_until > 0 then
  open_until = now + tonumber(cooldown)
end
if open_until == 0 and failures == 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'failures', failures, 'open_until', string.format('%.0f', open_until))
  redis.call('EXPIRE', KEYS[1], ARGV[5])
end
local left = math.max(0, open_until - now)
redis.call('PUBLISH', ARGV[6], string.format('{"agent":"%s","failures":%d,"open_for_ms":%d}', agent, failures, left))
return {failures, left, may_ask}
""",
    runs_when_full=True,
)
"""`failed`, `succeeded`, or `probe`: once an open breaker's time is over, whoever asks first may try; for all others it
stays open for another such time. What is no number of ours counts as 0, and nothing keeps it open for longer."""

MAX_NUMBER = 10**15
"""What every number of a breaker stays below."""


class BreakerState(BaseModel):
    """One agent's breaker. `failures`: in a row. `open_for_ms`: how much longer the agent is skipped, 0 where not."""

    model_config = ConfigDict(frozen=True)

    agent: str
    failures: int = Field(ge=0, lt=MAX_NUMBER)
    open_for_ms: int = Field(ge=0, lt=MAX_NUMBER)


def decode_breaker(raw: bytes) -> BreakerState:
    """Raises DecodeError for bytes that are no breaker's state."""
    try:
        return BreakerState.model_validate_json(raw)
    except ValidationError as error:
        raise DecodeError("no breaker", raw) from error


DROP_CONSUMER = Script(
    "drop_consumer",
    """
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
""",
    runs_when_full=True,
)
"""Redis forgets what is pending for a consumer that is deleted: so only one for which nothing is."""


class Registry:
    """The registry's part of the broker."""

    _commands: Connection

    async def beat(self, agent: str, instance: str, heartbeat: bytes, renew: bool) -> None:
        """Tell who is there. `renew`: also renew the expiry of the registry and of the agent's request stream."""
        registry = channels.registry(agent)
        entered = self._commands.send("HSET", registry, instance, heartbeat)
        self._commands.send("PUBLISH", channels.HEALTH, heartbeat)
        if renew:
            await self._renew_expiry(agent)
        elif await entered:
            # We were not in it: it may be a new one, without an expiry.
            await self._renew_expiry(agent)
        await entered

    async def _renew_expiry(self, agent: str) -> None:
        self._commands.send("EXPIRE", channels.request_stream(agent), channels.REQUEST_STREAM_TTL_S)
        await self._commands.send("EXPIRE", channels.registry(agent), channels.REGISTRY_TTL_S)

    async def heartbeats(self, agents: Iterable[str]) -> dict[str, list[bytes]]:
        """The last heartbeat of every registered instance by agent, stale ones included."""
        replies = {agent: self._commands.send("HVALS", channels.registry(agent)) for agent in agents}
        return {agent: list(await reply) for agent, reply in replies.items()}

    async def forget(self, agent: str, instances: Iterable[str]) -> None:
        """Strike instances that died without leaving from the registry."""
        for instance in instances:
            await self._commands.send("HDEL", channels.registry(agent), instance)

    async def leave(self, agent: str, instance: str, farewell: bytes) -> None:
        """Out of the registry, and out of the group where nothing is pending for this instance."""
        left = self._commands.send("HDEL", channels.registry(agent), instance)
        self._commands.send("PUBLISH", channels.HEALTH, farewell)
        await left
        await self.drop_consumer(agent, instance)

    async def drop_consumer(self, agent: str, instance: str) -> bool:
        """Out of the group. False where the instance has requests in hand: they would be lost, so it stays."""
        names = (channels.WORKERS_GROUP, instance)
        return bool(await self._commands.run(DROP_CONSUMER, 1, channels.request_stream(agent), *names))

    async def consumers(self, agent: str) -> dict[str, tuple[int, int]]:
        """Every instance in the group by name: how many requests it has pending, and its idle time in ms."""
        found = await self._commands.send("XINFO", "CONSUMERS", channels.request_stream(agent), channels.WORKERS_GROUP)
        return {text_of(one[b"name"]): (int(one[b"pending"]), int(one[b"idle"])) for one in found}

    # ---- breakers

    async def breaker(self, verb: str, agent: str, threshold: int, cooldown_ms: int) -> tuple[BreakerState, bool]:
        """`failed`, `succeeded` or `probe`. Returns the breaker as it then is, and whether the agent may be asked."""
        values = (verb, agent, threshold, cooldown_ms, channels.BREAKER_TTL_S, channels.BREAKERS)
        failures, left, may = await self._commands.run(BREAKER, 1, channels.breaker(agent), *values)
        return BreakerState(agent=agent, failures=failures, open_for_ms=left), bool(may)

    async def breakers(self, agents: Iterable[str], now_ms: int) -> list[BreakerState]:
        """Every agent's breaker; closed where Redis has none."""
        replies = {
            agent: self._commands.send("HMGET", channels.breaker(agent), "failures", "open_until") for agent in agents
        }
        found = []
        for agent, reply in replies.items():
            failures, open_until = (_number(value) for value in await reply)
            found.append(BreakerState(agent=agent, failures=failures, open_for_ms=max(0, open_until - now_ms)))
        return found


def _number(value: bytes | None) -> int:
    """As the script above reads it."""
    try:
        number = float(value or 0)
    except ValueError:
        return 0
    return int(number) if 0 < number < MAX_NUMBER else 0
