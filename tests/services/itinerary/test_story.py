"""What of a model's text is believed: names and numbers of the plan, in plain sentences."""

from time import process_time

import pytest
from pydantic import ValidationError

from app.services.itinerary.narrative import DayData, NarrativeData
from app.services.itinerary.story import Story, check_story

NOTES = {
    "Louvre Museum": "Nationals of the area pay 22 euros.",
    "Sacré-Cœur Basilica": "There are 237 steps.",
}


def day(date: str, *entries: tuple[str, str]) -> DayData:
    told = [
        {"from": starts, "to": "18:00", "kind": "visit", "title": title, "note": NOTES.get(title, "")}
        for starts, title in entries
    ]
    return DayData(date=date, place="Paris", title="A day", weather="5 to 10 °C", entries=told)


DATA = NarrativeData(
    trip=["2 days in Paris, 1 July 2026 to 2 July 2026, for 2 people.", "The whole trip is reckoned at 1,444.50 EUR."],
    highlights=["You see 3 sights, among them Louvre Museum and Musée d'Orsay."],
    days=[
        day("Wednesday, 1 July 2026", ("09:30", "Louvre Museum"), ("14:00", "Sacré-Cœur Basilica")),
        day("Thursday, 2 July 2026", ("10:00", "Musée d'Orsay")),
    ],
)
OVERVIEW, FIRST, SECOND = "Two days in Paris.", "Start at the Louvre Museum.", "The Musée d'Orsay waits."


def faults_of(overview: str = OVERVIEW, first: str = FIRST, second: str = SECOND) -> str:
    """What is said against the story; empty where it may be shown."""
    try:
        check_story(Story(overview=overview, days=[first, second]), DATA)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "text",
    [
        "At 9:30 you enter the Louvre Museum, and at 14:00 you are at the Sacré-Cœur Basilica.",
        "On Wednesday, 1 July, the louvre is yours; later on, climb to Sacré-Coeur for the view!",
        "You begin in Paris (between 5 and 10 °C): a calm start… Then the Louvre.",
        "The trip is reckoned at 1444.50 EUR, or 1,444.50 EUR.",
        "Enjoy the Louvre’s halls. After lunch, walk up to the basilica.",
        "You'll love it: palaces, gardens… Don't hurry. Strolling is best, and cafés wait. (Easily done.) Browse on.",
        "Walk up to Sacre\u0301-Cœur, at\u00a014:00.",
        "Enter at 9:30 a.m. or at half past nine; at two you are at the basilica, from 2 PM on.",
        "The ticket is 22 euros, or twenty-two euros, and EUR 22. Feel free to linger; you have free time.",
        "Opulent halls open. Jewel-like windows shine. Commuters rush by. Spanning the day, art awaits.",
        "You have two days, one for each bank. Sacrécœur waits.",
        "At 2 you are at the basilica, at two in the afternoon. It is 5 to 10 °C at two sights, the 1st of July.",
        "At 9:30 am, or 9:30 a.m., you climb 237steps; the ticket is 22euros.",
    ],
)
def test_what_is_in_the_data_may_be_said_in_many_ways(text: str) -> None:
    assert faults_of(first=text) == ""


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("You visit the Eiffel Tower.", "Eiffel, Tower"),
        ("Montmartre awaits you.", "Montmartre"),
        ("You love Montmartre's lanes.", "Montmartre"),
        ("Start early; Versailles is near.", "Versailles"),
        ("At 11:15 you enter the Louvre.", "11:15"),
        ("Tickets cost 23 euros.", "23"),
        ("It takes 1,500.00 EUR in all.", "1,500.00"),
        ("You see the Musée d'Orsay.", "Musée, Orsay"),
        ("On Thursday you see the Louvre.", "Thursday"),
        ("You see 卢浮宫 today.", "卢浮宫"),
        ("You see лувр today.", "лувр"),
        ("Take the TGV to the Louvre.", "TGV"),
        ("Ask Bob at the Louvre.", "Bob"),
        ("MONTMARTRE awaits. Green-Park too.", "MONTMARTRE, Green-Park"),
        ("Reading awaits. Turkey is near. Nice is nice.", "Reading, Turkey, Nice"),
        ("It opens at ٠٩:٣٠.", "٠٩:٣٠"),
        ("At 9:30 pm you enter the Louvre.", "9:30 pm"),
        ("At 2 a.m. you enter the Louvre.", "2 a.m."),
        ("You enter at half past ten.", "half past ten"),
        ("You enter at quarter to nine.", "quarter to nine"),
        ("You enter at eleven.", "at eleven"),
        # 5 and 10 are degrees in the data, 22 are euros.
        ("You enter at 5.", "at 5"),
        ("At 10 you enter the Louvre.", "At 10"),
        ("At five you enter the Louvre.", "At five"),
        ("You enter at 5 o'clock.", "5 o'clock"),
        ("You enter at half past 5.", "half past 5"),
        ("You dine at noon.", "at noon"),
        ("You come home by midnight.", "by midnight"),
        ("You enter at 10h.", "10h"),
        ("You see 22k pictures.", "22k"),
        ("You wait for twenty minutes.", "twenty"),
        ("You see dozens of halls.", "dozens"),
        # The 2 of "2 days", the 30 of an hour, the 1 of a date: all are numbers of the data, and none is a price.
        ("It costs 2 euros.", "2 euros"),
        ("It costs €1.", "€1"),
        ("It costs USD 2.", "USD 2"),
        ("It costs fifteen euros.", "fifteen euros"),
        ("It costs a dollar.", "a dollar"),
        ("It costs ฿2.", "฿2"),
        ("It costs 2 zloty.", "2 zloty"),
        ("A two-euro ticket waits.", "two-euro"),
        ("You pay several euros.", "several euros"),
        # The amounts are of the data, the money is not: 1,444.50 EUR, 22 euros.
        ("The trip is reckoned at 1,444.50 dollars.", "1,444.50 dollars"),
        ("The trip is reckoned at £1,444.50.", "£1,444.50"),
        ("The ticket is 22 pounds.", "22 pounds"),
        ("The ticket is twenty-two yen.", "twenty-two yen"),
        # A number of a text that speaks of no money.
        ("It costs 237 euros.", "237 euros"),
        ("Entry is free.", "free"),
        ("Entry is gratis.", "gratis"),
        ("It costs nothing.", "costs nothing"),
        ("It is free of charge.", "free"),
        ("You see the ᴇɪꜰꜰᴇʟ.", "ᴇɪꜰꜰᴇʟ"),
        ("You see the Louvre Basilica.", "Louvre Basilica"),
        ("You see the Sacré-Cœur Museum.", "Sacré-Cœur Museum"),
        ("Beijing awaits. You go.", "Beijing"),
        ("You see the musee d'orsay.", "Musée d'Orsay"),
    ],
)
def test_a_name_or_a_number_that_the_day_has_not_is_named(text: str, strange: str) -> None:
    for name in strange.split(", "):
        assert name in faults_of(first=text)


def test_a_sight_of_another_day_is_refused_there_and_allowed_in_the_overview() -> None:
    assert "day 2" in faults_of(second="You see the Louvre Museum.")
    assert "day 2" in faults_of(second="You see the louvre museum.")
    assert faults_of(overview="You see 3 sights, the Louvre Museum and the Musée d'Orsay among them.") == ""


def test_a_sight_that_the_plan_leaves_out_is_told_nowhere_however_it_is_written() -> None:
    """All its words may be known from elsewhere, or none have a capital letter."""
    left_out = ["Basilica of Paris", "Eiffel Tower", "Sacré-Cœur"]

    def check(overview: str, first: str) -> None:
        check_story(Story(overview=overview, days=[first, SECOND]), DATA, left_out)

    check("You see the Sacré-Cœur Basilica.", FIRST)
    for text in ("You see the Basilica of Paris.", "You see the eiffel tower."):
        for overview, first in ((text, FIRST), (OVERVIEW, text)):
            with pytest.raises(ValueError, match=r"has what the plan leaves out: (Basilica of Paris|Eiffel Tower)"):
                check(overview, first)


@pytest.mark.parametrize(
    "text",
    [
        "<b>Start</b> at the Louvre.",
        "Start at the [Louvre](louvre).",
        "**Start** at the Louvre.",
        "# Start",
        "See https://example.org for the Louvre.",
        "See www.louvre today.",
        "See louvre.fr/tickets today.",
        "Write to louvre@paris today.",
        "Start at the Louvre.\nThen rest.",
        "Start at the Louvre.\u202e",
        "Start at the Louvre.\x00",
        'The "Louvre" waits.',
        "{{ louvre }}",
        "`louvre`",
        "Book the louvre at tickets-louvre.example today.",
        "You see the ⓛⓞⓤⓥⓡⓔ.",
        "You see the ｌｏｕｖｒｅ.",
        "It takes ½ a day.",
        "You see the l\u0336ouvre.",
        "Enjoy 😀.",
    ],
)
def test_anything_but_plain_sentences_is_refused(text: str) -> None:
    assert "day 1 is not plain sentences" in faults_of(first=text)


def test_each_day_has_its_text() -> None:
    for days in ([FIRST], [FIRST, SECOND, SECOND]):
        with pytest.raises(ValueError, match=rf"days has {len(days)} texts and must have 2"):
            check_story(Story(overview=OVERVIEW, days=days), DATA)


@pytest.mark.parametrize("overview", ["", "   ", "word " * 300])
def test_empty_and_endless_texts_are_no_story(overview: str) -> None:
    with pytest.raises(ValidationError):
        Story(overview=overview, days=[FIRST, SECOND])


@pytest.mark.parametrize("row", ["1", "1,1.1:", "A"])
def test_a_text_of_one_endless_word_or_number_is_refused_in_no_time(row: str) -> None:
    """The worker answers nobody else meanwhile."""
    text = (row * 1_200)[:1_200].rstrip(",.:")
    data = NarrativeData(trip=DATA.trip, days=[DATA.days[0]] * 30)
    began = process_time()
    with pytest.raises(ValueError, match="day 30 has"):
        check_story(Story(overview=OVERVIEW, days=[text] * 30), data)
    assert process_time() - began < 1.0


def test_all_faults_are_told_at_once_so_that_they_can_be_mended_at_once() -> None:
    told = faults_of(overview="You see Rome.", first="At 03:00 you rise.", second="You see the Louvre.")
    assert all(part in told for part in ("overview has", "Rome", "day 1 has", "03:00", "day 2 has", "Louvre"))


def test_a_sign_in_a_name_may_be_written_as_it_is_there_and_no_other() -> None:
    gig = DayData(date="Friday, 3 July 2026", place="Paris", title="Gig", weather=None, entries=[])
    entry = {"from": "20:00", "to": "22:00", "kind": "event", "title": 'Live @ Arena #5, "Best of" at arena.example'}
    data = NarrativeData(trip=["1 day in Paris."], days=[gig.model_copy(update={"entries": [entry]})])
    check_story(Story(overview="You go.", days=['See "Best of", Live @ Arena #5, at arena.example.']), data)
    for text in ("See *Best of*.", "See Best of <b>.", "See other.example.", "See www.arena.example."):
        with pytest.raises(ValueError, match="not plain"):
            check_story(Story(overview="You go.", days=[text]), data)
