"""Wikidata: what an item is called, what it is, and in how many languages Wikipedia tells of it."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from pydantic import Field, ValidationError, model_validator

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderBusyError, ProviderFailedError, ProviderRefusedQuestionError
from app.services.outside.fetched import Attribution, Fetched, Lifetime
from app.services.outside.forms import Form, MaybeText, MaybeUrl, plain_text
from app.services.outside.http_call import Call
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.rate_limited_call import UsageLimits

ATTRIBUTION = Attribution("Wikidata", "https://www.wikidata.org/wiki/Wikidata:Licensing", "CC0")
LIFETIME = Lifetime(fresh_s=14 * 86_400, keep_s=90 * 86_400)
LIMITS = UsageLimits(busy_for_s=5.0)
"""Five seconds is what the Maxlag manual asks for at least."""

MOST_IDS = 50
"""So many items can be asked for in one call, without an account of our own."""

ITEM_ID = r"^Q[1-9][0-9]{0,9}$"
LONGEST_LABEL = 120
LONGEST_DESCRIPTION = 200
# More than there are Wikipedias.
MOST_SITELINKS = 1_000

# Sites of Wikimedia whose ids end like those of Wikipedias.
_NO_WIKIPEDIAS = frozenset(
    f"{name}wiki"
    for name in (
        *("commons", "foundation", "incubator", "mediawiki", "meta", "outreach", "sources", "species", "wikidata"),
        *("wikifunctions", "wikimania"),
    )
)
# A person's description names the years of life: `German composer (1685–1750)`, `French painter (born 1950)`.
_LIFE = re.compile(r"\((?:c\. ?)?\d{3,4} ?(?:BC)? ?[–-] ?(?:c\. ?)?\d{2,4}[^)]{0,4}\)|\((?:born|died)[^)]*\d{3,4}\)")


class WikidataItem(Form):
    """`id`: of the item itself, where the one asked for was merged into it. `sitelinks`: how many Wikipedias tell of
    it. `wikipedia`: its English article."""

    id: str = Field(pattern=ITEM_ID)
    label: MaybeText = None
    description: MaybeText = None
    sitelinks: int = Field(ge=0, le=MOST_SITELINKS)
    wikipedia: MaybeUrl = None

    @property
    def is_a_person(self) -> bool:
        """A monument that names the one it honours is not known for that all over the world itself."""
        return self.description is not None and _LIFE.search(self.description) is not None


class _Answer(Form):
    """`items` by the ids that were asked for; the missing ones are not among them. `error`: its code."""

    items: dict[str, WikidataItem]
    error: MaybeText = None

    @model_validator(mode="before")
    @classmethod
    def _from_answer(cls, value: Any) -> Any:
        """What was kept has this form already."""
        if not isinstance(value, dict) or "items" in value:
            return value
        error, entities = value.get("error"), value.get("entities")
        if isinstance(error, dict):
            return {"items": {}, "error": str(error.get("code"))}
        if not isinstance(entities, dict):
            raise ValueError("entities are expected")
        return {"items": dict(_items(entities))}


def _items(entities: dict[str, Any]) -> Iterable[tuple[str, WikidataItem]]:
    for asked_for, entity in list(entities.items())[:MOST_IDS]:
        if not isinstance(entity, dict) or "missing" in entity:
            continue
        try:
            item = _item(entity)
        except ValidationError:
            continue
        yield asked_for, item
        # The answer stands under either id of a merged item, by the version of its format.
        if (merged := _value(entity.get("redirects"), "from")) is not None:
            yield merged, item


def _item(entity: dict[str, Any]) -> WikidataItem:
    links = entity.get("sitelinks")
    links = links if isinstance(links, dict) else {}
    return WikidataItem.model_validate(
        {
            "id": entity.get("id"),
            "label": _english(entity.get("labels"), LONGEST_LABEL),
            "description": _english(entity.get("descriptions"), LONGEST_DESCRIPTION),
            "sitelinks": min(MOST_SITELINKS, sum(map(_is_wikipedia, links))),
            "wikipedia": english_article(_value(links.get("enwiki"), "title")),
        }
    )


def _is_wikipedia(site: str) -> bool:
    return site.endswith("wiki") and site not in _NO_WIKIPEDIAS


def _english(texts: Any, longest: int) -> str | None:
    """Its own language is `mul` where one name does for all."""
    text = _value(texts.get("en"), "value") if isinstance(texts, dict) else None
    return plain_text(text, longest) if text else None


def _value(part: Any, name: str) -> str | None:
    value = part.get(name) if isinstance(part, dict) else None
    return value if isinstance(value, str) else None


def english_article(title: str | None) -> str | None:
    """Its address, by the title."""
    text = plain_text(title or "", 255)
    return f"https://en.wikipedia.org/wiki/{quote(text.replace(' ', '_'), safe='/:(),!')}" if text else None


class Wikidata:
    """Base address by default: https://www.wikidata.org

    Documentation: https://www.wikidata.org/w/api.php?action=help&modules=wbgetentities, which is still the only call
    that tells of many items at once. A failure is answered with status 200 and an `error`; an item that was deleted is
    `missing`, a merged one comes with `redirects`.

    Terms (https://www.mediawiki.org/wiki/API:Etiquette, https://www.mediawiki.org/wiki/Wikimedia_APIs/Rate_limits): an
    own User-Agent with an address, many items in one call, gzip, and waiting as long as it says. `maxlag` is for tasks
    that nobody waits for, so it is not sent; its error is understood all the same. The data are CC0.
    """

    def __init__(self, hub: ProviderHub, base_url: str) -> None:
        self._api = ProviderApi(hub, "wikidata", base_url, ATTRIBUTION, LIMITS)

    @property
    def attribution(self) -> Attribution:
        return self._api.attribution

    async def about(self, ids: Iterable[str], deadline: Deadline) -> Fetched[dict[str, WikidataItem]]:
        """Items by the ids asked for, in any order; what it does not know is left out. Raises ProviderError, and
        ValueError for more than fifty ids."""
        asked = sorted(set(ids), key=lambda item_id: (len(item_id), item_id))
        if len(asked) > MOST_IDS:
            raise ValueError(f"{len(asked)} items are too many for one call")
        query: dict[str, str | int | float] = {
            "action": "wbgetentities",
            "format": "json",
            "formatversion": 2,
            "ids": "|".join(asked),
            "props": "labels|descriptions|sitelinks",
            "languages": "en",
            "languagefallback": 1,
        }
        fetched = await self._api.ask(_Answer, Call("/w/api.php", query), LIFETIME, deadline, self._is_answer)
        return fetched.replaced(fetched.value.items)

    def _is_answer(self, answer: _Answer) -> None:
        if answer.error is None:
            return
        if answer.error in ("maxlag", "ratelimited"):
            raise ProviderBusyError(self._api.name, f"asks us to wait ({answer.error})", LIMITS.busy_for_s)
        if answer.error in ("no-such-entity", "toomanyvalues", "param-missing"):
            raise ProviderRefusedQuestionError(self._api.name, "cannot answer this", 200, answer.error)
        raise ProviderFailedError(self._api.name, "failed for trouble of its own")
