"""Instances of the team orienteering problem with time windows: read, made up, checked, and what is known of them."""
