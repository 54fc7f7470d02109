"""How to get about at the destination. The means of transport that the traveller wishes for counts there alone, and not
for the journey.
"""

from app.services.routes.words import hours_text, km_text
from app.trips.places.catalogue import City
from app.trips.places.distance import great_circle_km
from app.trips.places.place import Place
from app.trips.reports import RouteOption
from app.trips.request import LocalTransport

# How far from the centre sights are in easy reach on foot and by bicycle.
WALK_WITHIN_KM = 2.5
CYCLE_WITHIN_KM = 6.0


_ADVICE = {
    None: "In {name}, walk what is near and take local transport for the rest.",
    "walking": "In {name} you go on foot, as you wish; take local transport where the way is long.",
    "cycling": "In {name} you go by bicycle, as you wish; ask for bicycle hire and lanes on the spot.",
    "driving": "In {name} you drive, as you wish; allow time for parking and ask about charges and zones without cars.",
}
_WISHES = {"walking": "Walking", "cycling": "Cycling", "driving": "Driving"}
_BY = {"flight": "by plane", "driving": "by car", "cycling": "by bicycle", "walking": "on foot"}


def local_transport_text(destination: Place, preferred: LocalTransport | None, journey: RouteOption) -> str:
    """One to three sentences. `journey`: the way there, of which the wish may make no sense."""
    sentences = [_ADVICE[preferred].format(name=destination.name), _reach_text(destination.city, preferred)]
    if preferred is not None and journey.mode not in ("none", preferred):
        sentences.append(_not_for_the_journey(preferred, journey))
    return " ".join(sentence for sentence in sentences if sentence)


def _reach_text(city: City | None, preferred: LocalTransport | None) -> str:
    """How many of the catalogue's sights are within easy reach of the centre; empty outside the catalogue."""
    if city is None:
        return ""
    within_km = CYCLE_WITHIN_KM if preferred in ("cycling", "driving") else WALK_WITHIN_KM
    near = sum(
        great_circle_km(city.latitude, city.longitude, sight.latitude, sight.longitude) <= within_km
        for sight in city.sights
    )
    return f"{near} of the {len(city.sights)} sights listed here lie within {within_km:g} km of the centre."


def _not_for_the_journey(preferred: LocalTransport, journey: RouteOption) -> str:
    way = f"{km_text(journey.distance_km)} {_BY[journey.mode]}, {hours_text(journey.duration_minutes)}"
    known = f" ({way})" if journey.duration_minutes else ""
    return f"{_WISHES[preferred]} is meant for getting about there, not for the journey{known}."
