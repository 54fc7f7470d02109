"""How a model comes to tell a finished plan. Apart from the agent: it plans the same whether anybody tells of it."""

from app.llm.task import Task, Usage, Writer
from app.services.itinerary.narrative import data_of
from app.services.itinerary.report import ItineraryQuestion
from app.services.itinerary.story import INSTRUCTIONS, Story, check_story
from app.services.outside.deadlines import Deadline
from app.trips.reports import ItineraryReport, ModelUsage, Narrative

_KEPT_BACK_S = 1.0
"""Of the time that is left, for sending the plan."""


async def told_by(
    writer: Writer, report: ItineraryReport, template: Narrative, question: ItineraryQuestion, deadline: Deadline
) -> Narrative:
    """The model's words; where it has none that can be used, those of `template`, with the reason."""
    data = data_of(report, question)
    left_out = [sight.name for sight in report.left_out]
    task = Task(INSTRUCTIONS, data.model_dump_json(), Story, lambda story: check_story(story, data, left_out))
    reply = await writer.ask(task, deadline.earlier_by(_KEPT_BACK_S))
    usage = _usage(writer.name, reply.usage)
    if reply.value is None:
        note = f"Not written by a model: {reply.error}."
        return template.model_copy(update={"note": note, "usage": usage})
    story = reply.value
    return Narrative(overview=story.overview, days=story.days, written_by=writer.name, usage=usage)


def _usage(model: str, usage: Usage | None) -> ModelUsage | None:
    if usage is None:
        return None
    return ModelUsage(
        model=model,
        requests=usage.requests,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=usage.cost_usd,
    )
