"""Ways between places: roads as providers tell them or as the map gives them, and what a trip makes of them."""
