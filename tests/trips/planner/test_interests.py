from app.trips.places.catalogue import all_cities
from app.trips.planner.interests import by_appeal, understand


def test_a_catalogue_interest_stands_for_itself() -> None:
    assert understand(["history"]).known == ("history",)


def test_free_words_are_understood_in_any_spelling() -> None:
    assert understand(["Street-Food", "hiking", "street_food"]).known == ("food", "nature")


def test_one_word_may_mean_several_interests() -> None:
    assert set(understand(["museums"]).known) == {"art", "culture", "history"}


def test_unknown_words_are_kept_as_they_were_written() -> None:
    understood = understand(["quilting", "art", "quilting"])
    assert understood.unknown == ("quilting",)
    assert understood.known == ("art",)


def test_a_served_interest_beats_one_step_of_rank() -> None:
    sights = all_cities()["paris"].sights
    best, *_ = by_appeal(sights, understand(["art"]))
    assert best.rank == 3
    assert "art" in best.interests
