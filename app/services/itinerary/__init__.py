"""The plan of days: the planner's problem made of all that is known, and its answer put into words."""
