"""Names by which travellers mean something else than the gazetteer does: islands, regions, and a few towns.

A gazetteer of towns has no Bali and would offer a Bāli in India instead. Each reading is told to the traveller.
"""

from typing import NamedTuple

from app.trips.places.names import fold

_BASES = {
    "Algarve": "Faro, Portugal",
    "Amalfi Coast": "Salerno, Italy",
    "Andalusia": "Sevilla, Spain",
    "Azores": "Ponta Delgada, Portugal",
    "Bali": "Denpasar, Indonesia",
    "Bavaria": "Munich, Germany",
    "Bora Bora": "BOB",
    "Brittany": "Rennes, France",
    "Cappadocia": "Nevşehir, Turkey",
    "Catalonia": "Barcelona, Spain",
    "Corfu": "CFU",
    "Corsica": "Ajaccio, France",
    "Crete": "Irákleion, Greece",
    "Flanders": "Gent, Belgium",
    "Galapagos": "GPS",
    "Galapagos Islands": "GPS",
    "Goa": "Panaji, India",
    "Gran Canaria": "Las Palmas de Gran Canaria, Spain",
    "Hawaii": "Honolulu, Hawaii",
    "Hokkaido": "Sapporo, Japan",
    "Ibiza": "IBZ",
    "Kerala": "Kochi, India",
    "Lanzarote": "Arrecife, Spain",
    "Lapland": "Rovaniemi, Finland",
    "Lombok": "Mataram, Indonesia",
    "Machu Picchu": "Cusco, Peru",
    "Madeira": "Funchal, Portugal",
    "Mallorca": "Palma, Spain",
    "Majorca": "Palma, Spain",
    "Maui": "OGG",
    "Menorca": "MAH",
    "Mykonos": "JMK",
    "Napa Valley": "Napa, California",
    "Normandy": "Rouen, France",
    "Okinawa": "Naha, Japan",
    "Provence": "Marseille, France",
    "Rajasthan": "Jaipur, India",
    "Rhodes": "RHO",
    "Santorini": "JTR",
    "Sardinia": "Cagliari, Italy",
    "Sicily": "Palermo, Italy",
    "Silicon Valley": "San Jose, California",
    "Tahiti": "Papeete, French Polynesia",
    "Tasmania": "Hobart, Australia",
    "Tenerife": "Santa Cruz de Tenerife, Spain",
    "Tuscany": "Florence, Italy",
    "Tyrol": "Innsbruck, Austria",
    "Yucatan": "Mérida, Mexico",
    "Zanzibar": "ZNZ",
}
"""What the traveller says → the town or IATA code to plan from, as `resolve_place` reads it."""

_USUAL_TOWNS = {
    "Macao": "Macau, Macao",
    "Medina": "Medina, Saudi Arabia",
    "Nara": "Nara, Japan",
    "Queenstown": "Queenstown, New Zealand",
    "Vatican": "Vatican City",
}
"""Towns whose namesake is larger or is the only one in the gazetteer under that very name."""


class UsualMeaning(NamedTuple):
    """`name`: as travellers write it. `base`: what `resolve_place` is to read instead. `is_region`: no town itself."""

    name: str
    base: str
    is_region: bool


_BY_NAME = {fold(name): UsualMeaning(name, base, True) for name, base in _BASES.items()} | {
    fold(name): UsualMeaning(name, base, False) for name, base in _USUAL_TOWNS.items()
}


def usual_meaning(text: str) -> UsualMeaning | None:
    """What travellers mean by that name; None where the tables have nothing to say about it."""
    return _BY_NAME.get(fold(text))


def all_usual_meanings() -> list[UsualMeaning]:
    """Every entry of the tables, islands and regions first."""
    return list(_BY_NAME.values())
