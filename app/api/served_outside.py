"""Answers that take long are given from outside the framework, when it is done with their request.

What routing and dependencies keep of a request, and the calls that lead through them, are most of what a stream's
viewer would cost, in memory and at each event; and a stream needs none of it any more.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

_OUTSIDE = "app.served_outside"
"""Key in a request's scope: the list that takes what is to be served outside."""


class ServedOutside:
    """ASGI middleware; it belongs outside all others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answers: list[ASGIApp] = []
        # A copy, since the server keeps its own for as long as it answers, and what is put into it.
        await self._app({**scope, _OUTSIDE: answers}, receive, send)
        for answer in answers:
            await answer(scope, receive, send)


async def serve_outside(answer: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Returns at once; `answer` is called later, by the middleware. Where that is missing, it is called now."""
    answers: list[ASGIApp] | None = scope.get(_OUTSIDE)
    if answers is None:
        await answer(scope, receive, send)
    else:
        answers.append(answer)
