"""Places: which one a name means, what lies around it, and when that is open."""
