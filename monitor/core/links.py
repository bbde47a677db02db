"""When two links are links to the same page."""

import re
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urlsplit

_LONGEST = 1_000
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|wbraid|gbraid|msclkid|yclid|ttclid|twclid|igshid|mc_[ce]id|mkt_tok|_hs(?:enc|mi)"
    r"|pk_\w+|mtm_\w+|ref_src|ref_url|cmp|cmpid|s_cid|ocid|icid|ncid|ito|smid|sref|ftag|wt_mc|ns_\w+|at_\w+|xtor"
    r"|traffic_source|tpcc|guccounter|guce_\w+|_ga|__twitter_impression|rss"
    r"|amp|amp_\w+|usqp",
    re.IGNORECASE,
)
_AMP_ANSWERS = ("output", "outputtype")
_CREDENTIALS = re.compile(r"(?<=://)[^/?#]*@")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Other dresses of a site; only in front of its own two last labels, so that m.com stays a site.
_DRESSES = {"www", "m", "mobile", "amp"}
_AMP_ENDS = ("amp", "amphtml")
_AMP_SUFFIX = re.compile(r"(?<=[^/])\.amp(?=(?:\.html?)?$)", re.IGNORECASE)
# Google's copies name the page in their path: www.google.com/amp/s/..., and <site>.cdn.ampproject.org/c/s/...
_COPY = re.compile(r"https?://(?:(?:www\.)?google\.[a-z.]+/amp|[\w-]+\.cdn\.ampproject\.org/[cv])/(s/)?", re.IGNORECASE)


def canonical_link(link: str) -> str:
    """The address of the page without what does not tell pages apart; "" for no web link.

    Without scheme, `www.` and its like, AMP's marks, fragment, tracking parameters and final slash.
    """
    link = link.strip()
    while copy := _COPY.match(link):
        link = f"http{'s' if copy[1] else ''}://{link[copy.end() :]}"
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
        return ""
    host = _site(parts.hostname.lower().rstrip("."))
    if port and port != _DEFAULT_PORTS[parts.scheme.lower()]:
        host = f"{host}:{port}"
    path = parts.path.rstrip("/")
    if "amp" in path.lower():
        path = _without_amp(path)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _tells_nothing(*pair)]
    canonical = host + path + (f"?{urlencode(query)}" if query else "")
    # Databases refuse to index long texts.
    if len(canonical.encode("utf-8", "surrogatepass")) <= _LONGEST:
        return canonical
    return f"{canonical[:200]}#{sha256(canonical.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _site(host: str) -> str:
    labels = host.split(".")
    return ".".join([*(label for label in labels[:-2] if label not in _DRESSES), *labels[-2:]])


def _without_amp(path: str) -> str:
    segments = _AMP_SUFFIX.sub("", path).split("/")
    # A page that is called amp is about something else.
    if len(segments) > 2 and segments[-1].lower() in _AMP_ENDS:
        segments.pop()
    if len(segments) > 2 and segments[1].lower() in _AMP_ENDS:
        segments.pop(1)
    shorter = "/".join(segments).rstrip("/")
    return path if shorter == path else _without_amp(shorter)


def _tells_nothing(name: str, value: str) -> bool:
    if name.lower() == "cid":
        # Of a campaign; but a site may number its articles so.
        return not value.isdigit()
    return bool(_TRACKING.fullmatch(name)) or (name.lower() in _AMP_ANSWERS and value.lower() == "amp")


def without_credentials(url: str) -> str:
    """The address as others may see it: a name and password before the host stay out."""
    return _CREDENTIALS.sub("", url)
