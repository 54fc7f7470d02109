"""Distance on the globe, for whoever needs to know what is near.

Great circle by the haversine formula on a sphere of the Earth's mean radius: within 0.5 % of the true geodesic, exact
enough for estimates, right across the antimeridian and at the poles, and quick enough to scan every airport.
"""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088
"""Mean Earth radius R1 of the GRS 80 ellipsoid, in kilometres."""


def great_circle_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Kilometres between two points given in degrees."""
    half_lat = sin(radians(lat2 - lat1) / 2)
    half_lon = sin(radians(lon2 - lon1) / 2)
    square = half_lat * half_lat + cos(radians(lat1)) * cos(radians(lat2)) * half_lon * half_lon
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(square)))
