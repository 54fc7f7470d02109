from app.services.places.words import listed


def test_names_are_listed_as_people_do() -> None:
    assert listed([]) == ""
    assert listed(["Kyoto"]) == "Kyoto"
    assert listed(["Kyoto", "Osaka"]) == "Kyoto and Osaka"
    assert listed(["Kyoto", "Osaka", "Nara"], "or") == "Kyoto, Osaka or Nara"
