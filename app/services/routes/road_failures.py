"""Why a road provider gave nothing, in words; apart from those who ask, since ways between towns and ways within them
say it alike.
"""

from typing import Any

from app.services.outside.chain import Answered
from app.services.outside.errors import ProviderUnreachableError


def failure_text(answered: Answered[Any], estimated: str) -> str | None:
    """Who failed, and who or what stands in; `estimated` says so where nobody had an answer. None where nobody failed.

    Without any network there is nothing to say either: it is as if there were no providers.
    """
    causes = causes_of(answered)
    if not causes:
        return None
    stand_in = estimated if answered.answer is None else f"{answered.answer.value.by.provider} was asked instead"
    return f"{causes}; {stand_in}."


def causes_of(answered: Answered[Any]) -> str:
    """Empty where there is nothing to say."""
    is_cut_off = all(isinstance(error, ProviderUnreachableError) for error in answered.errors)
    return "" if answered.answer is None and is_cut_off else "; ".join(str(error) for error in answered.errors)
