"""What is known of the public instances, by number of tours.

One tour: optima and best known values as collected in Gunawan, Lau, Vansteenwegen: "Orienteering Problem: A survey of
recent variants, solution approaches and applications" (2016), most of them proven by Righini and Salani (2009).

More tours: best known values of the same survey and of Hu and Lim (2014), put down from memory, without the papers at
hand. A solver that goes beyond one has found an error in this table, not a record: say so, and take the value out.
Where all places fit into the tours the value is the sum of all scores, which needs no paper.
"""

from pathlib import Path

_ONE_TOUR = """
c101 320 c102 360 c103 400 c104 420 c105 340 c106 340 c107 370 c108 370 c109 380
r101 198 r102 286 r103 293 r104 303 r105 247 r106 293 r107 299 r108 308 r109 277 r110 284 r111 297 r112 298
rc101 219 rc102 266 rc103 266 rc104 301 rc105 244 rc106 252 rc107 277 rc108 298
c201 870 c202 930 c203 960 c204 980 c205 910 c206 930 c207 930 c208 950
r201 797 r202 930 r203 1028 r204 1093 r205 953 r206 1032 r207 1077 r208 1117 r209 961 r210 1000 r211 1051
rc201 795 rc202 938 rc203 1003 rc204 1140 rc205 859 rc206 899 rc207 983 rc208 1057
pr01 308 pr02 404 pr03 394 pr04 489 pr05 595 pr06 591 pr07 298 pr08 463 pr09 493 pr10 594 pr11 353
"""

_TWO_TOURS = """
c101 590 c102 660 c103 720 c104 760 c105 640 c106 620 c107 670 c108 680 c109 720
r101 349 r102 508 r103 522 r104 552 r105 453 r106 529 r107 538 r108 560 r109 506 r110 525 r111 544 r112 544
rc101 427 rc102 505 rc103 524 rc104 575 rc105 480 rc106 483 rc107 534 rc108 556
c201 1460 c202 1470 c203 1480 c204 1490 c205 1470 c206 1480 c207 1490 c208 1490
r201 1254 r202 1347 r203 1416 r204 1458 r205 1380 r206 1440 r207 1458 r208 1458 r209 1405 r210 1423 r211 1458
rc201 1384 rc202 1509 rc203 1632 rc204 1716 rc205 1458 rc206 1546 rc207 1587 rc208 1691
pr01 502 pr02 715 pr03 742 pr05 1101 pr06 1076 pr07 566 pr08 834 pr10 1134 pr11 566
"""

_THREE_TOURS = """
c101 810 c102 920 c103 990 c104 1030 c105 870 c106 870 c107 910 c108 920 c109 970
r101 484 r102 694 r103 747 r104 778 r105 620 r106 729 r107 760 r108 797 r109 710 r110 737 r111 774 r112 776
rc101 621 rc102 714 rc103 764 rc104 835 rc105 682 rc106 706 rc107 773 rc108 795
c201 1810 c202 1810 c203 1810 c204 1810 c205 1810 c206 1810 c207 1810 c208 1810
r201 1441 r203 1458 r204 1458 r205 1458 r206 1458 r207 1458 r208 1458 r209 1458 r210 1458 r211 1458
rc201 1698 rc203 1724 rc204 1724 rc206 1724 rc207 1724 rc208 1724
pr01 622 pr02 943 pr03 1010 pr07 744 pr10 1573 pr11 654
"""

_FOUR_TOURS = """
c101 1020 c102 1150 c103 1210 c104 1260 c105 1070 c106 1080 c107 1120 c108 1140 c109 1190
r101 611 r102 843 r103 928 r104 975 r105 778 r106 906 r107 950 r109 885 r110 915 r112 974
rc101 811 rc102 909 rc103 975 rc104 1065 rc105 875 rc106 909 rc107 987 rc108 1025
c201 1810 c202 1810 c203 1810 c204 1810 c205 1810 c206 1810 c207 1810 c208 1810
r201 1458 r202 1458 r203 1458 r204 1458 r205 1458 r206 1458 r207 1458 r208 1458 r209 1458 r210 1458 r211 1458
rc201 1724 rc202 1724 rc203 1724 rc204 1724 rc205 1724 rc206 1724 rc207 1724 rc208 1724
pr01 657 pr02 1079 pr03 1232 pr07 876 pr11 657
"""


def known_optima() -> dict[tuple[str, int], int]:
    """By name and number of tours."""
    texts = enumerate((_ONE_TOUR, _TWO_TOURS, _THREE_TOURS, _FOUR_TOURS), 1)
    return {
        (name, tours): int(value)
        for tours, text in texts
        for name, value in zip(text.split()[::2], text.split()[1::2], strict=True)
    }


def read_optima(path: Path) -> dict[tuple[str, int], int]:
    """Lines of name, number of tours, value; `#` begins a comment."""
    lines = (line.partition("#")[0].replace(",", " ").split() for line in path.read_text().splitlines())
    return {(name.lower(), int(tours)): int(value) for name, tours, value in filter(None, lines)}
