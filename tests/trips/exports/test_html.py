"""The page, parsed by tinyhtml5 as a browser would, which also lists everything that is wrong with it."""

import base64
import hashlib
import re
from functools import cache
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from tinyhtml5.parser import HTMLParser

from app.trips.exports import export
from app.trips.exports.html import POLICY
from app.trips.exports.loose import one_line
from tests.trips.exports.plans import HOSTILE, answer, day, documented, everywhere, item

LOADING = ("src", "srcset", "background", "poster", "data", "action", "formaction", "ping", "xlink:href", "style")


def read(plan: dict[str, Any]) -> Element:
    parser = HTMLParser(namespace_html_elements=False)
    root: Element = parser.parse(export(plan, "html"), transport_encoding="utf-8")
    assert parser.errors == []
    assert parser.compatibility_mode == "no quirks"
    return root


def text_of(element: Element | None) -> str:
    assert element is not None
    return "".join(element.itertext())


def shape(element: Element) -> list[Any]:
    kept = {name: value for name, value in element.attrib.items() if name in ("class", "id", "href")}
    return [element.tag, kept, [shape(child) for child in element]]


@cache
def plain_shape() -> list[Any]:
    return shape(read(everywhere("word")))


def test_the_page_has_a_title_a_language_and_headings_in_order() -> None:
    root = read(documented())
    assert root.attrib == {"lang": "en"}
    assert text_of(root.find("head/title")) == "Trip to Rome, Tuesday, 29 June 2027"
    levels = [int(found.tag[1]) for found in root.iter() if re.fullmatch("h[1-6]", str(found.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    ids = [found.attrib["id"] for found in root.iter() if "id" in found.attrib]
    assert len(set(ids)) == len(ids)
    labelled = {found.attrib["aria-labelledby"] for found in root.iter() if "aria-labelledby" in found.attrib}
    assert labelled == set(ids)


def test_it_says_all_that_the_markdown_says() -> None:
    """Every chapter comes from the same place; here, the days."""
    told = text_of(read(documented()).find("body"))
    (found,) = documented()["data"]["itinerary"]["itinerary_days"]
    for entry in found["items"]:
        for part in (entry["title"], entry["reason"], *entry["notes"], f"{entry['starts']}–{entry['ends']}"):
            assert (part or "") in told
    narrative = documented()["data"]["itinerary"]["narrative"]
    for text in (found["title"], narrative["overview"], *narrative["days"]):
        assert text in told


def test_the_certificate_is_there_when_the_plan_has_one() -> None:
    rules = [
        {"rule": "meals", "is_kept": True, "checked": "Every day has its meals.", "faults": []},
        {"rule": "sights", "is_kept": False, "checked": "Sights are open.", "faults": ["Louvre is closed."]},
    ]
    root = read(answer(day("2027-06-29", item()), certificate={"is_valid": False, "rules": rules}))
    section = next(found for found in root.iter("section") if found.attrib["aria-labelledby"] == "certificate")
    assert [text_of(found).strip() for found in section.iter("li")] == [
        "Verdict: The plan does not keep every rule.",
        "Meals: Kept. Every day has its meals.",
        "Sights: Broken. Sights are open.Louvre is closed.",
        "Louvre is closed.",
    ]
    assert "How the plan was checked" not in text_of(read(answer(day("2027-06-29", item()))))


def test_nothing_is_loaded_and_nothing_runs() -> None:
    root = read(documented())
    tags = {str(found.tag) for found in root.iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "svg", "video", "audio"}
    for element in root.iter():
        assert not [name for name in element.attrib if name in LOADING or name.startswith("on")]
    style = text_of(root.find("head/style"))
    assert "url(" not in style
    assert "@import" not in style


def test_the_page_forbids_all_but_its_own_style() -> None:
    root = read(documented())
    style = text_of(root.find("head/style"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in POLICY
    assert POLICY.startswith("default-src 'none'; ")
    (policy,) = [meta for meta in root.iter("meta") if "http-equiv" in meta.attrib]
    assert policy.attrib == {"http-equiv": "Content-Security-Policy", "content": POLICY}


def test_it_prints_on_a4_a_day_a_page() -> None:
    style = text_of(read(documented()).find("head/style"))
    assert "@page { size: A4;" in style
    assert re.search(r"@media print \{.*\.day \{ break-before: page; \}", style, re.DOTALL)
    days = answer(day("2027-06-29", item()), day("2027-06-30"))
    assert sum(found.attrib.get("class") == "day" for found in read(days).iter("section")) == 2


def test_colours_have_the_contrast_that_wcag_asks_for() -> None:
    """At least 7:1 (AAA) for text on white."""
    style = text_of(read(documented()).find("head/style"))
    colours = dict(re.findall(r"--(ink|soft|mark): (#[0-9a-f]{6})", style)) | {"link": "#0b4f9e"}
    assert colours["link"] in style
    assert {
        name: round(contrast_on_white(colour), 1) for name, colour in colours.items() if contrast_on_white(colour) < 7
    } == {}


def contrast_on_white(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def test_only_web_addresses_of_sources_are_links() -> None:
    plan = documented()
    source = plan["data"]["itinerary"]["sources"][0]
    urls = [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://good@evil.example/",
        'https://ok.example/ö?a="b"<c>',
    ]
    plan["data"] = {**dict.fromkeys(plan["data"]), "itinerary": plan["data"]["itinerary"]}
    plan["data"]["itinerary"]["sources"] = [{**source, "url": url} for url in urls]
    links = [found.attrib for found in read(plan).iter("a")]
    assert [link["href"] for link in links] == ["https://ok.example/%C3%B6?a=%22b%22%3Cc%3E"]
    assert links[0]["rel"] == "noreferrer noopener nofollow"


@pytest.mark.parametrize("text", [text for text in HOSTILE if one_line(text)])
def test_no_text_changes_the_shape_of_the_page(text: str) -> None:
    assert shape(read(everywhere(text))) == plain_shape()


@pytest.mark.parametrize("text", [text for text in HOSTILE if one_line(text)])
def test_a_name_is_shown_as_it_is_and_kept_apart_from_what_is_around_it(text: str) -> None:
    root = read(answer(day("2027-06-29", item(title=text))))
    (heading,) = root.iter("h3")
    assert text_of(heading) == one_line(text)
    assert heading[0].tag == "bdi", "text of another direction does not reach beyond"
