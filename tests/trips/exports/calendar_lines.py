"""A strict reader of iCalendar, by the letter of RFC 5545 and without the library that wrote the file.

It knows the grammar of content lines, folding, the nesting of components, TEXT escaping, and which properties must be
there once. Anything else fails.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO

from dateutil import tz

# RFC 5545 section 3.1: name *(";" param) ":" value, quoted parameter values not in use here.
_CONTENT_LINE = re.compile(r"([A-Z0-9-]+)((?:;[A-Z-]+=[^;:,\"\x00-\x1f]+)*):([^\x00-\x08\x0a-\x1f\x7f]*)")
_ESCAPES = {"\\\\": "\\", "\\;": ";", "\\,": ",", "\\n": "\n"}
_REQUIRED = {
    "VCALENDAR": {"VERSION", "PRODID"},
    "VEVENT": {"UID", "DTSTAMP", "DTSTART"},
    "VTIMEZONE": {"TZID"},
    "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
}
_TEXTS = {"SUMMARY", "DESCRIPTION", "LOCATION", "CATEGORIES", "NAME", "X-WR-CALNAME", "X-WR-CALDESC"}
_ONCE = {*_REQUIRED["VEVENT"], "DTEND", "SUMMARY", "LOCATION", "GEO", "DESCRIPTION", "LAST-MODIFIED"}


@dataclass
class Component:
    name: str
    properties: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)
    inside: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> list["Component"]:
        return [found for found in self.inside if found.name == name]

    def value(self, name: str) -> str:
        raw = self.properties[name][1]
        return _unescaped(raw) if name in _TEXTS else raw

    def moment(self, name: str) -> datetime:
        """As UTC, by the file's own description of the zone: dateutil reads it, not what wrote it."""
        parameters, value = self.properties[name]
        if value.endswith("Z"):
            return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        local = datetime.strptime(value, "%Y%m%dT%H%M%S")
        return local.replace(tzinfo=self.zones.get(parameters["TZID"])).astimezone(UTC)

    @property
    def zones(self) -> "tz.tzical":
        return self._zones

    def know_zones(self, zones: "tz.tzical") -> None:
        self._zones = zones
        for component in self.inside:
            component.know_zones(zones)


def read_calendar(body: bytes) -> Component:
    assert body.endswith(b"\r\n")
    physical = body[:-2].split(b"\r\n")
    assert all(len(line) <= 75 for line in physical), "lines are folded at 75 octets"
    assert all(b"\n" not in line and b"\r" not in line for line in physical)
    for line in physical:
        line.decode("utf-8")  # folded between characters
    calendar = _component(iter(body.decode("utf-8")[:-2].replace("\r\n ", "").split("\r\n")), None)
    if calendar.all("VTIMEZONE"):
        calendar.know_zones(tz.tzical(StringIO(body.decode("utf-8"))))
    _check_zones(calendar)
    return calendar


def _component(lines, name: str | None) -> Component:  # type: ignore[no-untyped-def]
    found = Component(name or "")
    for line in lines:
        parsed = _CONTENT_LINE.fullmatch(line)
        assert parsed, f"no content line: {line!r}"
        key, parameters, value = parsed.groups()
        if key == "BEGIN":
            inner = _component(lines, value)
            if name is None:
                assert list(lines) == [], "something follows the calendar"
                return inner
            found.inside.append(inner)
        elif key == "END":
            assert value == name
            assert found.properties.keys() >= _REQUIRED[value], value
            return found
        else:
            assert key not in found.properties or key not in _ONCE, f"{key} twice"
            if key in _TEXTS:
                _unescaped(value)
            found.properties[key] = (dict(part.split("=") for part in parameters.split(";") if part), value)
    raise AssertionError(f"{name} does not end")


def _unescaped(value: str) -> str:
    bare = re.sub(r"\\[\\;,n]", "", value)
    assert "\\" not in bare, f"unknown escape in {value!r}"
    assert ";" not in bare, f"not escaped: {value!r}"
    assert "," not in bare, f"not escaped: {value!r}"
    return re.sub(r"\\[\\;,n]", lambda escape: _ESCAPES[escape[0]], value)


def _check_zones(calendar: Component) -> None:
    described = [zone.value("TZID") for zone in calendar.all("VTIMEZONE")]
    used = {
        parameters["TZID"]
        for event in calendar.all("VEVENT")
        for parameters, _ in event.properties.values()
        if "TZID" in parameters
    }
    assert sorted(used) == described, "each zone that is used is described, once, in order"
