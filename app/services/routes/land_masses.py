"""Which places a road can join: the land mass of a place, and what lies between two of them.

A table of countries and of boxes round their islands, in our own reckoning from the map. It errs towards "a ferry is
needed": where it is not sure, no road is claimed.
"""

from dataclasses import dataclass
from typing import Literal

from app.trips.places.place import Place

EURASIA = "Eurasia"
GREAT_BRITAIN = "Great Britain"

_MAINLANDS = {
    EURASIA: (
        "AD AE AF AL AM AT AZ BA BD BE BG BH BN BT BY CH CN CZ DE DK EE ES FI FR GE GI GR HK HR HU IL IN IQ IR IT JO "
        "KG KH KP KW KZ LA LB LI LT LU LV MC MD ME MK MM MN MO MY NL NO NP OM PK PL PS PT QA RO RS RU SA SE SG SI SK "
        "SM SY TH TJ TM TR UA UZ VA VN XK YE"
    ),
    "Africa": (
        "AO BF BI BJ BW CD CF CG CI CM DJ DZ EG EH ER ET GA GH GM GN GQ GW KE LR LS LY MA ML MR MW MZ NA NE NG RW SD "
        "SL SN SO SS SZ TD TG TN TZ UG ZA ZM ZW"
    ),
    "North America": "BZ CA CR GT HN MX NI PA SV US",
    "South America": "AR BO BR CL CO EC GF GY PE PY SR UY VE",
    "Australia": "AU",
    GREAT_BRITAIN: "GB",
    "Ireland": "IE",
    "Hispaniola": "DO HT",
    "Honshu": "JP",
    "South Korea": "KR",
    "Taiwan": "TW",
    "Sri Lanka": "LK",
    "Iceland": "IS",
    "Madagascar": "MG",
    "Cuba": "CU",
    "Jamaica": "JM",
    "Puerto Rico": "PR",
    "Cyprus": "CY",
    "Malta": "MT",
    "New Guinea": "PG",
    "Timor": "TL",
}
_MASS_BY_COUNTRY = {code: mass for mass, codes in _MAINLANDS.items() for code in codes.split()}

# Islands off the mainland of their country: name, country codes, south, north, west, east in degrees. The first box
# that fits counts.
_ISLANDS: tuple[tuple[str, str, float, float, float, float], ...] = (
    ("Ireland", "GB", 54.0, 55.35, -8.2, -5.4),
    ("Shetland or Orkney", "GB", 58.7, 61.0, -3.5, 0.0),
    ("the Hebrides", "GB", 55.5, 58.6, -7.8, -6.1),
    ("Sicily", "IT", 36.5, 38.31, 12.3, 15.57),
    ("Sardinia", "IT", 38.8, 41.35, 8.0, 9.9),
    ("Corsica", "FR", 41.3, 43.1, 8.5, 9.6),
    ("the Balearic Islands", "ES", 38.5, 40.2, 1.1, 4.4),
    ("the Canary Islands", "ES", 27.5, 29.5, -18.3, -13.3),
    ("the Azores", "PT", 36.8, 39.8, -31.4, -24.9),
    ("Madeira", "PT", 32.3, 33.2, -17.4, -16.2),
    ("Crete", "GR", 34.7, 35.75, 23.4, 26.4),
    ("the Greek islands", "GR", 35.7, 37.75, 24.2, 28.4),
    ("the Greek islands", "GR", 38.1, 40.1, 25.0, 26.7),
    ("the Greek islands", "GR", 35.85, 37.2, 26.7, 28.4),
    ("Corfu", "GR", 39.3, 39.85, 19.5, 20.12),
    ("Bornholm", "DK", 54.9, 55.4, 14.6, 15.2),
    ("Gotland", "SE", 56.9, 58.0, 18.0, 19.4),
    ("Hokkaido", "JP", 41.3, 45.6, 139.3, 146.0),
    ("Okinawa", "JP", 24.0, 28.6, 122.9, 130.1),
    ("Hainan", "CN", 18.1, 20.15, 108.6, 111.1),
    ("Sakhalin", "RU", 45.8, 54.5, 141.6, 144.8),
    ("Jeju", "KR", 33.0, 33.7, 126.0, 127.1),
    ("Borneo", "MY BN ID", -4.3, 7.5, 108.8, 119.4),
    ("Java", "ID", -8.85, -5.8, 105.1, 114.43),
    ("Bali", "ID", -8.9, -8.05, 114.43, 115.75),
    ("Lombok", "ID", -9.1, -8.15, 115.8, 116.75),
    ("Sumatra", "ID", -6.0, 5.7, 95.2, 106.1),
    ("Sulawesi", "ID", -6.0, 1.8, 118.7, 125.3),
    ("New Guinea", "ID", -9.2, 0.0, 130.8, 141.1),
    ("Timor", "ID", -10.4, -8.9, 123.4, 125.2),
    ("Luzon", "PH", 12.5, 18.7, 119.7, 124.2),
    ("Mindanao", "PH", 5.5, 9.9, 121.8, 126.7),
    ("the North Island", "NZ", -41.7, -34.3, 172.6, 178.7),
    ("the South Island", "NZ", -46.8, -40.4, 166.3, 174.4),
    ("Tasmania", "AU", -43.8, -40.6, 144.4, 148.5),
    ("Newfoundland", "CA", 46.5, 51.7, -59.5, -52.5),
    ("Vancouver Island", "CA", 48.2, 50.9, -128.5, -123.25),
    ("Oahu", "US", 21.2, 21.75, -158.3, -157.6),
    ("the other islands of Hawaii", "US", 18.8, 22.4, -160.6, -154.7),
    ("Zanzibar", "TZ", -6.6, -4.8, 39.1, 39.95),
    ("Bioko", "GQ", 3.1, 3.9, 8.3, 9.0),
    ("the Galápagos", "EC", -1.6, 1.8, -92.1, -89.1),
    ("Tierra del Fuego", "AR", -55.2, -52.6, -68.7, -63.7),
)
# Names of groups: between two towns of one group there may be water.
_GROUPS = ("Shetland", "the Hebrides", "the Balearic", "the Canary", "the Azores", "the Greek", "Okinawa", "the other")
# Places of an island group this near to one another are taken to be on one island.
_SAME_ISLAND_KM = 30
# Neighbours over the sea on one mainland: the straight line tells nothing about the road between them.
_SEA_BETWEEN = (
    "FI-EE FI-LV FI-LT FI-PL FI-DE FI-DK FI-SE SE-EE SE-LV SE-LT SE-PL IT-HR IT-AL IT-ME IT-GR IT-MK IT-TR IT-BA "
    "GR-TR TR-UA TR-RU GE-UA GE-BG GE-RO AE-IR QA-IR BH-IR KW-IR SA-IR OM-IR OM-PK OM-IN AE-PK AE-IN QA-IN SA-IN "
    "TM-AZ KZ-AZ MY-VN MY-KH SG-VN SG-KH"
)
_SEA_PAIRS = frozenset(frozenset(pair.split("-")) for pair in _SEA_BETWEEN.split())
# Some of them have land between them as well: north of this latitude, if both places lie there.
_LAND_NORTH_OF = {
    frozenset(("FI", "SE")): 64.0,
    frozenset(("IT", "HR")): 44.2,
    frozenset(("IT", "BA")): 44.2,
    frozenset(("GR", "TR")): 40.3,
}

Link = Literal["road", "channel_tunnel", "water"]


@dataclass(frozen=True)
class RoadLink:
    """Whether a road leads from one place to another. `reason`: why there is none; empty for `road`."""

    kind: Link
    reason: str


def land_mass_of(place: Place) -> str:
    """The island or mainland on which a place lies; for countries that the table lacks, the country's own name."""
    for name, codes, south, north, west, east in _ISLANDS:
        inside = south <= place.latitude <= north and west <= place.longitude <= east
        if inside and place.country_code in codes.split():
            return name
    return _MASS_BY_COUNTRY.get(place.country_code, place.country)


def road_link(origin: Place, destination: Place) -> RoadLink:
    """What a driver finds between two places: a road, the Channel Tunnel's car shuttle, or water."""
    masses = (land_mass_of(origin), land_mass_of(destination))
    if masses[0] == masses[1]:
        return _within(masses[0], origin, destination)
    if set(masses) == {GREAT_BRITAIN, EURASIA}:
        return RoadLink("channel_tunnel", "The road leads through the Channel Tunnel, which takes cars on trains only.")
    if set(masses) == {"North America", "South America"}:
        return RoadLink("water", "No road crosses the Darién Gap between Panama and Colombia.")
    if "South Korea" in masses and EURASIA in masses:
        return RoadLink("water", "The land border of South Korea is closed; it needs a ferry; not estimated.")
    if set(masses) == {"Africa", EURASIA}:
        return RoadLink("water", "Between Africa and Eurasia it needs a ferry or a road round by Suez; not estimated.")
    return RoadLink("water", f"The sea lies between {masses[0]} and {masses[1]}: needs a ferry; not estimated.")


def _within(mass: str, origin: Place, destination: Place) -> RoadLink:
    codes = frozenset((origin.country_code, destination.country_code))
    southernmost = min(origin.latitude, destination.latitude)
    if codes in _SEA_PAIRS and southernmost < _LAND_NORTH_OF.get(codes, 90.0):
        return RoadLink("water", "The straight way crosses the sea: needs a ferry or a far longer road; not estimated.")
    is_group = mass.startswith(_GROUPS) or (mass not in _MAINLANDS and mass == origin.country)
    if is_group and origin.distance_km(destination) > _SAME_ISLAND_KM:
        return RoadLink("water", f"There may be water between the two places in {mass}: not estimated.")
    return RoadLink("road", "")
