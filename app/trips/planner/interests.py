"""From a traveller's own words to the catalogue's interests. Apart from the planner because the budget reads it too."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import get_args

from app.trips.places.catalogue import Interest, Sight

_WORDS: dict[Interest, str] = {
    "adventure": "adventures, adrenaline, climbing, kayaking, rafting, diving, surfing, skiing, thrills, outdoors",
    "architecture": "buildings, design, photography, skyscrapers, castles, palaces, "
    "bridges, monuments, landmarks, urbanism",
    "art": "arts, museum, museums, gallery, galleries, painting, "
    "paintings, sculpture, modern art, street art, exhibitions",
    "beach": "beaches, sea, seaside, swimming, sun, sunbathing, snorkelling, snorkeling, coast",
    "culture": "cultural, traditions, local life, festivals, people, literature, books, "
    "theatre, theater, film, cinema, museums",
    "family": "families, kids, children, child friendly, zoo, theme park, theme parks, amusement parks, toddlers",
    "food": "foods, foodie, eating, cuisine, gastronomy, restaurants, street food, "
    "wine, coffee, markets, cooking, drinks",
    "history": "historic, historical, heritage, archaeology, ruins, ancient, "
    "war, museums, castles, monuments, old town",
    "music": "concert, concerts, opera, jazz, live music, classical music",
    "nature": "parks, park, gardens, garden, hiking, wildlife, animals, mountains, "
    "birds, trekking, walking, outdoors, flowers, zoo",
    "nightlife": "bars, clubs, clubbing, party, parties, pubs, nights",
    "relaxation": "relax, relaxing, spa, wellness, slow travel, hot springs, onsen, hammam, yoga, rest",
    "religion": "temples, temple, churches, church, mosques, cathedrals, shrines, spirituality, pilgrimage, religious",
    "science": "technology, space, planetarium, natural history, engineering, tech, aquarium",
    "shopping": "shops, shop, fashion, souvenirs, markets, malls, boutiques, antiques",
    "sport": "sports, football, soccer, cricket, baseball, running, cycling, stadium, stadiums, tennis, rugby",
    "views": "view, viewpoints, scenery, panorama, skyline, photography, sunset, sunsets, landscapes, towers",
}
"""What people write, under the interest of the catalogue that serves it. Each interest also stands for itself."""


_FAME = {1: 10, 2: 20, 3: 45}
"""Points by rank. What a city is famed for is worth a long way: nobody leaves Cairo without the pyramids."""

_SERVED = (0, 14, 20)
"""Points by how many interests are served. Between sights below the first rank, one outweighs the step of rank."""


@dataclass(frozen=True)
class UnderstoodInterests:
    """`known`: interests of the catalogue, in the order asked. `unknown`: words that mean none of them."""

    known: tuple[Interest, ...]
    unknown: tuple[str, ...]

    def matches(self, sight: Sight) -> tuple[Interest, ...]:
        """Those that this sight serves, in the order asked."""
        return tuple(interest for interest in self.known if interest in sight.interests)


@cache
def _meanings() -> dict[str, tuple[Interest, ...]]:
    meanings: dict[str, list[Interest]] = {interest: [interest] for interest in get_args(Interest)}
    for interest, words in _WORDS.items():
        for word in words.split(", "):
            meanings.setdefault(word, []).append(interest)
    return {word: tuple(interests) for word, interests in meanings.items()}


def understand(words: Iterable[str]) -> UnderstoodInterests:
    """Free words, in any case and with hyphens or underscores for spaces. Repeated ones count once."""
    known: dict[Interest, None] = {}
    unknown: dict[str, None] = {}
    for word in words:
        folded = " ".join(word.casefold().replace("-", " ").replace("_", " ").split())
        interests = _meanings().get(folded, ())
        known.update(dict.fromkeys(interests))
        if not interests:
            unknown[word] = None
    return UnderstoodInterests(tuple(known), tuple(unknown))


def by_appeal(sights: Iterable[Sight], interests: UnderstoodInterests) -> list[Sight]:
    """Best first: how well they serve the interests and how well known they are, then by id."""
    return sorted(sights, key=lambda sight: (-appeal(sight, interests), sight.id))


def appeal(sight: Sight, interests: UnderstoodInterests) -> int:
    """Points: its fame, and the first two interests that it serves; further ones do not count."""
    served = min(2, len(interests.matches(sight)))
    return _FAME[sight.rank] + _SERVED[served]
