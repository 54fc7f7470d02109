"""Which words may begin a sentence though the plan has them not: with a capital letter, any other could be a name. A
file of its own because it is mostly a list, of words in common use that are hardly ever a name by themselves.
"""

from collections.abc import Iterator

_PLAIN_WORDS = frozenset(
    """
    a about above absolutely accompany across active add admire adventure after afternoon afterward afterwards again
    against ahead air all allow along alongside already also although always am amble amid among amongst an ancient and
    another anticipate any anyone appreciate architecture around arrange arrival arrive art artist artistic as ascend
    aside at atmosphere atmospheric attend await away back bag balance balanced based bask bathe be beach beautiful
    because become before begin behind being below beneath beside best better between beyond bid big bite blend board
    boat book both bound break breakfast breathe bridge brief bright bring broad browse build bus busy but buy by café
    call calm can cap careful carefully cast catch celebrate central change charge charm charming check cheer choose
    church city classic clear climb clock close cloud cloudy coast coffee cold collect color colorful colour colourful
    combine come comfort comfortable complete conclude consider continue contrast cool cosy could count course craft
    cross crowd crown cuisine culinary cultural culture curious daily dawn day dazzle deep delicious delight delightful
    delve depart departure descend despite detour devote dine dinner dip discover dish dive do down dramatic drink drive
    drop dry during dusk each earlier early ease easy eat eight either elegant eleven embark embrace emerge encounter
    end energetic energise energize energy enjoy enough enter entire entrance entry escape especially essential even
    evening event eventually ever every everyone everything exact examine exciting excursion exhibit expect experience
    explore extra fabulous familiar famous farewell fascinating fast fast-paced favorite favourite feast feel festive
    few fifth fill final finally find fine finish first fit five flavor flavour flavourful fly focus follow food for
    four fourth fragrant free fresh freshen from fuel full fun further gallery garden gather gaze gem generous gentle
    get give glimpse glorious go good grab graceful grand great greet ground group guide half half-way halfway happy
    harbour have he head hear heart hearty here heritage hidden high highlight hill hint historic historical history hit
    hold home hop hotel hour how however hungry hustle icon iconic idea ideal if imagine immerse impressive in indeed
    indoor indoors indulge inside inspire instead intimate into introduce invite is it its join journey just keep know
    lake land landmark lane large last late later layer lazy lead leave leg legendary leisure leisurely lesser let level
    light like linger listen little lively liven local long look lose lots lounge love lovely low lunch lunchtime lush
    magnificent majestic make many mark market marvel marvellous mass masterpiece maybe meal meals meander meanwhile
    medieval meet mellow memorable memory mid-afternoon mid-morning midday mild mind miss mix mixed modern moment
    monument more morning mosque most mostly mountain move much multiple museum music my namely narrow nature near
    nearby neighborhood neighbourhood nestle never new next night nightfall nine no noodle noon nor not note nothing
    notice now numerous observe ocean of off offer old on once one only onto onward onwards open opposite opt or other
    otherwise our out outdoor outdoors outing outside over overall overlook overnight own pace pack painting pair palace
    palatial panorama panoramic park part pass past pastry path pause pay peaceful people perfect perhaps pick
    picturesque pilgrimage place plan plate pleasant please plenty plunge plus pop popular pose possible prepare present
    pretty proceed promenade provide purchase pure put quick quiet quite rain rainy range reach ready recharge recommend
    recover reflect refresh refuel relax relish remain remember reserve rest restaurant retrace retreat return revel
    reward rich ride right rise river road roam romantic rooftop round route royal rush sacred sail same sample sampling
    satisfy save savor savour scenic scent sea seafood second second-to-last see seek select sense serene set settle
    seven several shade shadow share she shift shop short should showcase shrine shut side sight sightseeing silence
    simple simply since sip sit site six sky skyline sleep slip slow slowly small smell snack snap so soak soft solid
    some someone something sometimes soon sound souvenir space speak special spectacular spend spice spirit splendid
    spot spread square stall stand star start stately station stay steady steep step still stock stop store storey
    storied story street stretch striking stroll stunning stylish such suit summit sun sunlight sunny sunrise sunset
    superb sure surprise surround swap sweep sweet take tall taste tasty tea tell temple tempt ten terrace than thank
    thanks that the theatre their them then there these they third this those though thoughtful three through throughout
    thus tick ticket tie till time timed timeless to today together tomorrow tonight too top total touch tour toward
    towards tower town trace trade tradition traditional trail train tranquil transfer travel traveler traveller
    treasure treasures treat trip trust try turn twelve twilight two under unfold unhurried unique unmissable unpack
    until unwind up upon urban use usual variety vast venture venue vibrant view village visit visitor visits vivid wait
    wake walk walkway wander want warm warmth watch water waterfront wave way we weather weave weekend welcome well what
    whatever when whenever where wherever whether which while whirlwind who whole wholly why wide wide-open will wind
    winding window with within without wonder wonderful work world world-class world-famous worth would wrap yes
    yesterday yet you your yours yourself yourselves
    """.split()  # noqa: SIM905 - a text is read more easily
)
_SHORT_FORMS = ("n't", "'ll", "'re", "'ve", "'d", "'m", "'s")
# What a word ends in, and what its plain form has in its place.
_ENDINGS = (
    *(("ies", "y"), ("es", ""), ("s", "")),
    *(("ying", "ie"), ("ing", ""), ("ing", "e"), ("ied", "y"), ("ed", ""), ("ed", "e")),
    *(("ily", "y"), ("ly", ""), ("ier", "y"), ("er", ""), ("est", "")),
)
_SHORTEST = 3


def is_plain(word: str) -> bool:
    """`Palaces`, `Browsing`, `You'll` as well as `palace`, `browse`, `you`; in any case."""
    lower = word.lower().replace("’", "'")
    for ending in _SHORT_FORMS:
        lower = lower.removesuffix(ending)
    return lower in ("do", "ca", "wo") or any(form in _PLAIN_WORDS for form in _forms(lower))


def _forms(word: str) -> Iterator[str]:
    yield word
    for ending, instead in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < _SHORTEST:
            continue
        yield stem + instead
        if not instead and stem[-1] == stem[-2]:
            yield stem[:-1]
