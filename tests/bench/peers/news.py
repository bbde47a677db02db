"""Made-up news feeds in the shapes that real ones have: short, rich, wire and full text.

An item is a function of its feed and its number, so every program reads the same and nothing is kept.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

# One item in so many tells of an event that other feeds tell as well; about half of the events fire a shipped rule.
_SHARED = 25
_EVENTS = (
    "Jets violate the airspace of {place} for the third time this week",
    "Drones stray into {place} airspace, ministry says",
    "Ministry warns of a pre-emptive strike on {place}",
    "Magnitude 7.1 earthquake strikes off the coast of {place}, tsunami warning issued",
    "Army shoots down unidentified object over the north of {place}",
    "{place} votes on budget after a night of talks",
    "Ferry service to {place} resumes after three weeks of repair",
    "{place} opens the longest railway tunnel of the region",
)
_PLACES = ("Norland", "Estovia", "Karelis", "Port Amber", "Sudmark", "Tarvos", "Vallonia", "Westmere")
_NAMES = ("Alder", "Brandt", "Cole", "Duval", "Ekman", "Farkas", "Grau", "Holt", "Iversen", "Janda", "Kovac", "Lind")
_SYLLABLES = re.findall("..", "bacedifoguhajekilomunaperosutavewixozu")
_WORDS = re.findall(
    r"\w+",
    """
able about above across act action add address agency agree aid air airport allow almost alone along already also among
amount animal answer appeal area argue arm around arrive art ask autumn average award away back balance bank base
battle beach become before begin behind believe benefit best better between beyond bill bird board boat body book
border both bottom branch break bridge bring broad brother budget build building business buy cabinet call camera
campaign candidate capital care carry case catch cause centre century certain chair challenge chance change charge
cheap check chief child choice church citizen city claim class clean clear climate close coach coal coast coffee cold
collect college come comment committee common community company compare concern condition conference consider contain
continue control cook copper corner cost council count country couple course court cover create crew crime crop crowd
culture current custom cut daily damage dance dark daughter day deal debate debt decade decide decision deep degree
delay deliver demand deny department depend design desk detail develop dinner direct discuss disease doctor dollar door
double doubt down draw dream drive drop early earn east easy economy edge education effect effort eight either election
employ empty end energy enjoy enough enter entire equal evening event every evidence examine example expect expert
explain eye face fact factory fail fair fall family famous farm fast father favour fear feed feel field figure fill
film final find fine finish firm first fish five fix flat floor flow focus follow food football force forecast foreign
forest forget form former forward four free freight fresh friend front fruit fuel full fund future gain game garden gas
general girl give glass goal gold good government grain grand grant great green ground group grow growth guard guess
guest guide habit half hall hand happen harbour hard harvest health hear heart heat heavy help high hill history hold
holiday home hope horse hospital hotel hour house however huge human hundred husband idea image import improve include
income increase indeed industry inform inside instead interest invest island issue item job join joint journal journey
judge keep key kind kitchen know labour lack lake land language large last late laugh launch law lead leader learn
least leave left legal lesson letter level library life light likely limit line link list listen little live local long
look lose loss loud low lower lunch machine main major maker manner march mark market master match matter mayor meal
mean measure medal media medicine meet meeting member memory mention message metal method middle might mile milk mind
mine minister minor minute miss model modern moment money month morning mother motion mountain move movement much
museum music name narrow nation native natural nature near need never night nine noise normal north note nothing notice
number nurse object observe obvious ocean offer office often oil only open opera operate opinion option orange
orchestra order original other outside owner page paint pair paper parent park parliament part partner party pass past
patient pattern pay peace people perfect perform perhaps period person phone photo picture piece pilot plain plan plant
platform play player pleasant plenty pocket poem point policy pool poor popular port position possible post potato
pound power practice prepare present press pressure pretty price print private prize problem produce product profit
progress project promise proof property protect proud prove public pull pupil purpose quality quarter question quick
quiet race radio rail rain raise range rare rate reach read ready real reason receive recent record reduce reform
region relation remain remember remove rent repair repeat reply report require rescue research respect rest result
return review rice rich ride right ring rise river road rock role roof room round route rule run safe salary sale salt
sample sand save scale scene school science score sea search season seat second secretary section sector secure seed
seem sell senate send senior sense series serve service session settle seven several shape share sharp sheep ship shop
short shoulder show side sign signal silver similar simple since singer single sister site size skill sleep small smile
smooth snow social soft soil solar solid solution someone song soon sort sound source south space speak special speech
speed spend spirit sport spread spring square staff stage stamp stand standard start state statement station steel step
stock stone stop storage store story straight strange stream street strength strong student study style subject success
sudden suffer sugar suggest summer supply support surface surprise system table talent talk target task taste teach
team technology television temperature tennis term test theatre theme theory thick thing think third thought thousand
thread ticket tide timber time title today together tomorrow tool topic total touch tour toward tower town track trade
traffic train travel treat tree trend trial trip truck trust truth turn twelve twice type union unit united university
upper urban usual valley value variety vehicle version victim view village visit voice volume vote wage wait walk wall
warm wash watch water wave weather week weight welcome west wheat wheel whole wide wife wild wind window wine winter
wise woman wonder wood wool word work worker world worry write yard year yellow yesterday young youth zero zone
""",
)
_FIRST_ITEM_AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
_BETWEEN = timedelta(minutes=97)


@dataclass(frozen=True, slots=True)
class Item:
    number: int
    link: str
    title: str
    summary: str
    paragraphs: tuple[str, ...]
    author: str
    tags: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Shape:
    """`draw` writes a document of the items given; a new feed has `items` of them."""

    items: int
    paragraphs: int
    content_type: str
    draw: Callable[[str, Sequence[Item]], str]


def document(feed: int, grown: int = 0) -> bytes:
    """The feed's document after it has gained `grown` items, the newest on top."""
    shape = shape_of(feed)
    items = [item(feed, number, shape.paragraphs) for number in range(shape.items + grown, 0, -1)]
    return shape.draw(f"http://feed{feed}.example.org", items).encode()


def shape_of(feed: int) -> Shape:
    return _SHAPES[feed % len(_SHAPES)]


def item(feed: int, number: int, paragraphs: int) -> Item:
    rng = random.Random(feed * 100_003 + number)
    title = _title(rng)
    return Item(
        number,
        f"http://feed{feed}.example.org/{number:05}/{'-'.join(title.lower().split()[:6])}",
        title,
        _sentences(rng, 2),
        tuple(_sentences(rng, 5) for _ in range(paragraphs)),
        f"{rng.choice('ABCDEFGHJKLM')}. {rng.choice(_NAMES)}",
        tuple(rng.sample(_WORDS, 8)),
        _FIRST_ITEM_AT + number * _BETWEEN + timedelta(seconds=rng.randrange(3_000)),
    )


def _title(rng: random.Random) -> str:
    place = rng.choice(_PLACES)
    if rng.randrange(_SHARED) == 0:
        return rng.choice(_EVENTS).format(place=place)
    # Real headlines differ by their names; common words alone would make strangers look alike.
    someone = "".join(rng.choices(_SYLLABLES, k=3)).capitalize()
    return " ".join([place, someone, *rng.sample(_WORDS, rng.randrange(5, 9))])


def _sentences(rng: random.Random, number: int) -> str:
    words = [rng.sample(_WORDS, rng.randrange(9, 18)) for _ in range(number)]
    return " ".join(f"{' '.join(some).capitalize()}." for some in words)


def _channel(site: str, items: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">\n'
        f"<channel><title>News of {site[7:]}</title><link>{site}/</link><description>What happens</description>"
        f"<language>en-gb</language>\n{items}</channel></rss>\n"
    )


def _short(site: str, items: Sequence[Item]) -> str:
    return _channel(
        site,
        "".join(
            f"<item>\n<title><![CDATA[{each.title}]]></title>\n<description><![CDATA[{each.summary}]]></description>\n"
            f'<link>{each.link}</link>\n<guid isPermaLink="false">{each.link}#{each.number}</guid>\n'
            f"<pubDate>{format_datetime(each.at)}</pubDate>\n"
            f'<media:thumbnail width="240" height="135" url="{site}/pictures/{each.number:08}.jpg"/>\n</item>\n'
            for each in items
        ),
    )


def _rich(site: str, items: Sequence[Item]) -> str:
    def text(each: Item) -> str:
        body = "".join(f"<p>{paragraph}</p>" for paragraph in each.paragraphs)
        return escape(f'<p>{each.summary}</p>{body} <a href="{each.link}">Continue reading...</a>', quote=False)

    def pictures(each: Item) -> str:
        return "".join(
            f'<media:content width="{width}" url="{site}/pictures/{each.number}/{width}.jpg?w={width}&amp;quality=85">'
            f'<media:credit scheme="urn:ebu">Picture: {each.author}</media:credit></media:content>\n'
            for width in (140, 460)
        )

    return _channel(
        site,
        "".join(
            f"<item>\n<title>{each.title}</title>\n<link>{each.link}</link>\n"
            f"<description>{text(each)}</description>\n"
            + "".join(f'<category domain="{site}/topics/{tag}">{tag.title()}</category>\n' for tag in each.tags)
            + f"<pubDate>{format_datetime(each.at)}</pubDate>\n<guid>{each.link}</guid>\n{pictures(each)}"
            f"<dc:creator>{each.author}</dc:creator>\n<dc:date>{each.at.isoformat()}</dc:date>\n</item>\n"
            for each in items
        ),
    )


def _wire(site: str, items: Sequence[Item]) -> str:
    entries = "".join(
        f'<entry>\n<title type="html">{each.title}</title>\n'
        f'<link rel="alternate" type="text/html" href="{each.link}"/>\n'
        f"<id>tag:{site[7:]},2026:{each.number}</id>\n<published>{each.at.isoformat()}</published>\n"
        f"<updated>{each.at.isoformat()}</updated>\n<author><name>{each.author}</name></author>\n"
        + "".join(f'<category term="{tag}"/>\n' for tag in each.tags[:4])
        + f'<summary type="html">{escape(f"<p>{each.summary}</p><p>{each.paragraphs[0]}</p>")}</summary>\n</entry>\n'
        for each in items
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f'<title>Wire of {site[7:]}</title>\n<link href="{site}/"/>\n<id>{site}/</id>\n'
        f"<updated>{items[0].at.isoformat()}</updated>\n{entries}</feed>\n"
    )


def _full(site: str, items: Sequence[Item]) -> str:
    def text(each: Item) -> str:
        return "\n".join(
            f'<p class="wp-block-paragraph">{paragraph} <a href="{site}/more/{at}">Read on</a>.</p>'
            for at, paragraph in enumerate(each.paragraphs)
        )

    return _channel(
        site,
        "".join(
            f"<item>\n<title>{each.title}</title>\n<link>{each.link}</link>\n"
            f"<dc:creator><![CDATA[{each.author}]]></dc:creator>\n<pubDate>{format_datetime(each.at)}</pubDate>\n"
            + "".join(f"<category><![CDATA[{tag}]]></category>\n" for tag in each.tags[:3])
            + f'<guid isPermaLink="false">{site}/?p={each.number}</guid>\n'
            f"<description><![CDATA[{each.summary}]]></description>\n"
            f"<content:encoded><![CDATA[{text(each)}]]></content:encoded>\n</item>\n"
            for each in items
        ),
    )


_RSS, _ATOM = "application/rss+xml; charset=utf-8", "application/atom+xml; charset=utf-8"
_SHAPES = (
    Shape(35, 0, _RSS, _short),
    Shape(45, 3, _RSS, _rich),
    Shape(25, 1, _ATOM, _wire),
    Shape(15, 10, _RSS, _full),
)
