"""Where an entry happened (GeoRSS, W3C geo) and what it warns of (Common Alerting Protocol)."""

import re
from collections.abc import Iterator
from typing import Any

from monitor.core.text import legible, plain_lines

_CAP = "cap_"
_CAP_ELEMENTS = (
    "identifier sender sent status msgType source scope restriction addresses code note references incidents language"
    " category event responseType urgency severity certainty audience effective onset expires senderName"
    " headline description instruction web contact areaDesc polygon circle altitude ceiling"
)
# feedparser lowers the names of elements.
_CAP_NAMES = {name.lower(): name for name in _CAP_ELEMENTS.split()}
_CAP_FIELD_LIMIT = 2_000
_CAP_PAIRS_AT_MOST = 200
_NUMBER = re.compile(r"[+-]?\d{1,4}(?:\.\d{1,15})?")

_Point = tuple[float, float]


def cap_of(entry: Any) -> tuple[tuple[str, str], ...]:
    """The alert's fields, by their names in the protocol. "geocode UGC" are the codes of that kind, a line each."""
    named: dict[str, list[str]] = {}
    for key, name in _CAP_NAMES.items():
        if isinstance(said := entry.get(_CAP + key), str):
            named[name] = [said]
    for of, name, said in (entry.get("cap_pairs") or ())[:_CAP_PAIRS_AT_MOST]:
        named.setdefault(f"{of} {legible(name)[:100]}".strip(), []).append(said)
    return tuple(
        (name, words) for name, said in named.items() if (words := plain_lines("\n".join(said), _CAP_FIELD_LIMIT))
    )


def place_of(entry: Any) -> _Point | None:
    """Latitude and longitude in degrees; of a line, box or polygon its middle."""
    where = entry.get("where") or {}
    # feedparser turns every shape into longitude and latitude.
    shape = [(latitude, longitude) for longitude, latitude in _pairs(where.get("coordinates"))]
    shape = shape or _said(entry, "geo_lat", "geo_long") or _said(entry, "icbm_latitude", "icbm_longitude")
    shape = shape or _spelled(entry.get("cap_polygon")) or _spelled(str(entry.get("cap_circle") or "").split(" ")[0])
    if not shape:
        return None
    latitudes, longitudes = zip(*shape, strict=True)
    place = (_middle(latitudes), _middle(longitudes))
    return place if abs(place[0]) <= 90 and abs(place[1]) <= 180 else None


def _middle(of: tuple[float, ...]) -> float:
    return round((min(of) + max(of)) / 2, 6)


def _pairs(coordinates: Any) -> Iterator[_Point]:
    if not isinstance(coordinates, list | tuple):
        return
    if len(coordinates) in (2, 3) and all(isinstance(number, int | float) for number in coordinates):
        yield coordinates[0], coordinates[1]
        return
    for part in coordinates:
        yield from _pairs(part)


def _said(entry: Any, latitude: str, longitude: str) -> list[_Point]:
    numbers = [legible(str(entry.get(name) or "")) for name in (latitude, longitude)]
    if not all(_NUMBER.fullmatch(number) for number in numbers):
        return []
    return [(float(numbers[0]), float(numbers[1]))]


def _spelled(said: object) -> list[_Point]:
    """CAP's "latitude,longitude latitude,longitude ..."."""
    numbers = [float(number) for number in _NUMBER.findall(said[:100_000])] if isinstance(said, str) else []
    return list(zip(numbers[::2], numbers[1::2], strict=False))
