"""Trips in TravelPlanner's form: made up, planned as trips of ours, and judged by its rules. See `__main__`."""
