"""Which stays will do for a party's nights in a city, and which of them suits its budget range."""

from collections.abc import Sequence

from app.trips.problem import City, HouseRule, Party, Stay, StayLock, Wishes


def needs_of(wishes: Wishes, party: Party) -> tuple[HouseRule, ...]:
    """What a house must not forbid: wished for, or plain from who travels."""
    children: tuple[HouseRule, ...] = ("children under 10",) if party.children_under_10 else ()
    return tuple(dict.fromkeys((*wishes.house_needs, *children)))


def possible_stays(city: City, nights: int, wishes: Wishes, party: Party) -> list[Stay]:
    """In order of price, then id; [] where none will do."""
    needs = needs_of(wishes, party)
    locked = {lock.id for lock in wishes.locks if isinstance(lock, StayLock)}
    fixed_here = [stay for stay in city.stays if stay.id in locked]
    found = [stay for stay in fixed_here or city.stays if _will_do(stay, nights, wishes, party, needs)]
    return sorted(found, key=lambda stay: (stay_cost(stay, nights, party), stay.id)) if len(fixed_here) <= 1 else []


def stay_cost(stay: Stay, nights: int, party: Party) -> int:
    """Of all rooms and nights."""
    return stay.rooms_for(party.size) * nights * stay.nightly


def _will_do(stay: Stay, nights: int, wishes: Wishes, party: Party, needs: Sequence[HouseRule]) -> bool:
    return (
        nights >= stay.min_nights
        and stay.id not in wishes.avoid
        and (stay.rooms is None or stay.rooms_for(party.size) <= stay.rooms)
        and (wishes.room_types is None or stay.room_type in wishes.room_types)
        and not any(need in stay.forbids for need in needs)
    )


def by_suitability(stays: Sequence[Stay], wishes: Wishes) -> list[Stay]:
    """Best first. `stays`: in order of price. Cheapest for a small budget, the middle for a middling one, the dearest
    for luxury; without a range the best rated, where somebody rated them, else the cheapest."""
    middle = (len(stays) - 1) / 2
    ranked = list(enumerate(stays))
    match wishes.budget_range:
        case "luxury":
            ranked.sort(key=lambda found: -found[0])
        case "mid-range":
            ranked.sort(key=lambda found: (abs(found[0] - middle), found[0]))
        case None:
            ranked.sort(key=lambda found: (-(found[1].rating or 0), found[0]))
        case "budget":
            pass
    return [stay for _, stay in ranked]
