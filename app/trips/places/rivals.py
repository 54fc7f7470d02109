"""Towns that a catalogue city's bare name could mean as well: those with a tenth of its inhabitants or more.

Reckoned from the gazetteer when the catalogue is edited, so that naming a catalogue city never loads the gazetteer;
`tests/trips/places/test_rivals.py` reckons it again and fails where this table is out of date.
"""

RIVALS_OF_CATALOGUE_CITIES: dict[str, tuple[str, ...]] = {
    "athens": ("Athens, Georgia, United States",),
    "barcelona": ("Barcelona, Venezuela",),
    "florence": ("Florence, Alabama, United States", "Florence, South Carolina, United States"),
    "vancouver": ("Vancouver, Washington, United States",),
    "venice": ("Venice, California, United States", "Venice, Florida, United States"),
}
"""By id of the catalogue city, the most populous rival first."""
