from app.trips.places.candidates import of_town
from app.trips.places.catalogue import City, all_cities
from app.trips.places.distance import great_circle_km
from app.trips.places.gazetteer import Town, gazetteer
from app.trips.places.resolve import RIVAL_SHARE
from app.trips.places.rivals import RIVALS_OF_CATALOGUE_CITIES


def _is_the_city(town: Town, city: City) -> bool:
    return great_circle_km(town.latitude, town.longitude, city.latitude, city.longitude) <= 40


def _rivals(city: City) -> tuple[str, ...]:
    namesakes = gazetteer().named(city.name)
    own = [town for town in [*namesakes, *gazetteer().also_named(city.name)] if _is_the_city(town, city)]
    least = RIVAL_SHARE * own[0].population
    return tuple(of_town(town).label for town in namesakes if town.population >= least and not _is_the_city(town, city))


def test_the_table_of_rivals_is_what_the_gazetteer_says() -> None:
    reckoned = {city.id: rivals for city in all_cities().values() if (rivals := _rivals(city))}
    assert reckoned == RIVALS_OF_CATALOGUE_CITIES
