import pytest

from app.trips.places.names import fold, fold_table, words


@pytest.mark.parametrize("text", ["São Paulo", "SAO PAULO", "sao-paulo", "  sao   paulo ", "SaoPaulo"])
def test_spellings_of_one_name_have_one_key(text: str) -> None:
    assert fold(text) == "saopaulo"


@pytest.mark.parametrize(("text", "key"), [("Tromsø", "tromso"), ("Łódź", "lodz"), ("Reykjavík", "reykjavik")])
def test_letters_that_unicode_does_not_take_apart_are_folded_too(text: str, key: str) -> None:
    assert fold(text) == key


def test_saint_may_be_shortened_but_straits_may_not() -> None:
    assert fold("St. Petersburg") == fold("Saint Petersburg")
    assert fold("Stuttgart") == "stuttgart"


def test_other_scripts_keep_their_letters() -> None:
    assert fold("東京") == "東京"
    assert fold("القاهرة") != ""


@pytest.mark.parametrize("text", ["", "  ", "😀", "../..", "\u202e"])
def test_text_without_a_letter_or_digit_has_an_empty_key(text: str) -> None:
    assert fold(text) == ""


def test_a_table_of_names_folds_like_each_of_them() -> None:
    assert fold_table("\tNew Delhi\tSaint-Étienne\t") == "\tnewdelhi\tsaintetienne\t"


def test_words_lose_their_accents_and_stay_apart() -> None:
    assert words("Provence-Alpes-Côte d'Azur") == ["provence", "alpes", "cote", "d", "azur"]
