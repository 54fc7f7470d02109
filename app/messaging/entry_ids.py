"""Ids of stream entries as Redis gives them: `<milliseconds since 1970>-<number>`, growing within a stream."""

PATTERN = r"[0-9]{1,19}-[0-9]{1,19}"


def time_ms(entry_id: str) -> int:
    """When Redis made the entry: milliseconds since 1970 by its clock. Raises ValueError for what is no id."""
    return int(entry_id.partition("-")[0])


def position(entry_id: str) -> tuple[int, int]:
    """The id as numbers, to be compared; before every other where it is "". Raises ValueError for what is no id."""
    if not entry_id:
        return (-1, -1)
    milliseconds, _, number = entry_id.partition("-")
    return (int(milliseconds), int(number or 0))
