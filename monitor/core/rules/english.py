"""English inflection: plural, tense and spelling are taken away; derivation ("organise", "organisation") stays."""

import re
from functools import lru_cache

_VOWELS = frozenset("aeiouy")
# One vowel and one consonant: here the e tells plane from plan and hope from hop.
_SHORT = re.compile(r"(?:[^aeiouy]|qu)*[aeiouy][^aeiouwxy]")
_SHORT_WITH_E = re.compile(_SHORT.pattern + "e")
_TWO_SYLLABLES = re.compile(r"[aeiouy][^aeiouy]+[aeiouy]")
_OUR = re.compile(
    r"(arb|ard|arm|behavi|cand|clam|col|endeav|fav|ferv|flav|glam|harb|hon|hum|lab|neighb|od|parl|rig|rum|savi|sav"
    r"|splend|succ|tum|val|vap|vig)our"
)

# A line is a verb with its forms, or a singular with its plurals. A form that stands on several lines, or
# on its own as well, is each of these words.
_FORMS = """
arise arose arisen | awake awoke awoken | bear bore borne born | beat beaten
become became | begin began begun | behold beheld | bend bent | beseech besought | bet betting | bid bade bidden
bind bound | bite bit bitten | bleed bled | blow blew blown | break broke broken | breed bred | bring brought
build built | burn burnt | burst | buy bought | catch caught | choose chose chosen | cling clung | come came
cost | creep crept | deal dealt | die dies died dying | dig dug | do does did done doing | draw drew drawn
dream dreamt | drink drank drunk | drive drove driven | dwell dwelt | eat ate eaten | fall fell fallen | feed fed
feel felt | fight fought | find found | flee fled | fling flung | fly flew flown flies | forbid forbade forbidden
forecast | foresee foresaw foreseen | forget forgot forgotten | forgive forgave forgiven | forgo forwent forgone
forsake forsook forsaken | freeze froze frozen | get got gotten | give gave given | go goes went gone going
grind ground | grow grew grown | hang hung | have has had having | hear heard | hide hid hidden | hold held
keep kept | kneel knelt | know knew known | lay lays laid laying | lead led | leap leapt | learn learnt
leave left | lend lent | lie lies lied lay lain lying | light lit | lose lost | make made | mean meant | meet met
mislead misled | mistake mistook mistaken | misunderstand misunderstood | outgrow outgrew outgrown
outdo outdid outdone | outrun outran | overcome overcame | overdo overdid overdone | overfly overflew overflown
overhear overheard | override overrode overridden | overrun overran | oversee oversaw overseen
overtake overtook overtaken | overthrow overthrew overthrown | partake partook partaken | pay paid | plead pled
prove proven | quit quitting | rebuild rebuilt | redo redid redone | remake remade | repay repaid | resell resold
retake retook retaken | rethink rethought | rewrite rewrote rewritten | rid ridding | ride rode ridden
ring rang rung | rise rose risen | run ran | saw sawn | say said | see saw seen | seek sought | sell sold
send sent | sew sewn | shake shook shaken | shear shorn | shine shone | shoot shot | show shown
shrink shrank shrunk | sing sang sung | sink sank sunk sunken | sit sat | slay slew slain | sleep slept
slide slid | sling slung | slink slunk | smell smelt | sneak snuck | sow sown | speak spoke spoken | speed sped
spell spelt | spend spent | spill spilt | spin spun | spit spat | split | spoil spoilt | spring sprang sprung
stand stood | steal stole stolen | stick stuck | sting stung | stink stank stunk | stride strode stridden
strike struck stricken | string strung | strive strove striven | swear swore sworn | sweep swept
swell swollen | swim swam swum | swing swung | take took taken | teach taught | tear tore torn | tell told
think thought | throw threw thrown | tread trod trodden | undergo undergoes underwent undergone
understand understood | undertake undertook undertaken | undo undid undone | unwind unwound | uphold upheld
wake woke woken | wear wore worn | weave wove woven | weep wept | win won | wind wound | withdraw withdrew withdrawn
withhold withheld | withstand withstood | wring wrung | write wrote written
agree agreed | decree decreed | disagree disagreed | flee fled | free freed | guarantee guaranteed | referee refereed
foresee foreseen | tie ties tied tying | vie vies vied vying | untie untied untying | dye dyed dyeing | eye eyed eyeing
bathe bathed bathing | breathe breathed breathing | clothe clothed clothing | paste pasted pasting
singe singed singeing
age aged ageing aging | axe axes axed axing | bus buses bussed | gas gases gassed gassing
quiz quizzes quizzed quizzing
ski skis skied skiing | add adds added adding | err errs erred erring
ebb ebbs ebbed ebbing | taxi taxis taxied taxiing
man men manned manning | woman women | child children | person people persons | foot feet | tooth teeth
goose geese | mouse mice | louse lice | ox oxen | brother brethren | penny pence
calf calves | elf elves | half halves | hoof hooves | knife knives | leaf leaves | life lives | loaf loaves
scarf scarves | self selves | sheaf sheaves | shelf shelves | thief thieves | wharf wharves | wife wives | wolf wolves
housewife housewives | midwife midwives | live lives lived living | staff staves
base bases based basing | leave leaves | sue sues sued suing
analysis analyses | axis axes | basis bases | crisis crises | diagnosis diagnoses | emphasis emphases
hypothesis hypotheses | neurosis neuroses | oasis oases | parenthesis parentheses | prognosis prognoses
synopsis synopses | synthesis syntheses | thesis theses | antithesis antitheses | metamorphosis metamorphoses
analyse analyses
alumnus alumni | cactus cacti | fungus fungi | nucleus nuclei | radius radii | stimulus stimuli | syllabus syllabi
terminus termini | bacterium bacteria | criterion criteria | phenomenon phenomena | referendum referenda
memorandum memoranda | stratum strata | addendum addenda | appendix appendices | index indices | matrix matrices
vertex vertices | vortex vortices | codex codices | formula formulae | larva larvae | antenna antennae | alga algae
automaton automata | spectrum spectra | genus genera | corpus corpora | schema schemata | stigma stigmata
movie movies | zombie zombies | rookie rookies | cookie cookies | calorie calories | selfie selfies
prairie prairies | hoodie hoodies | genie genies | sortie sorties | smoothie smoothies
shoe shoes | canoe canoes | fez fezzes | canvas canvases | bias biases biased | alias aliases | atlas atlases
lens lenses
overlie overlies overlay overlain overlying | underlie underlies underlying | belie belies belied belying
"""

# Past forms and plurals that are words of their own too.
_OWN = """
bound bore born broke bit dove drunk fed fell felt found ground hung lay left lit lost met rose rung saw shot spoke
thought wound built burnt strung forecast burst split frozen hidden known broken people stricken living clothing
"""

_UNCUT = """
news series species always gas bus us its yes alas corps lens perhaps besides sometimes towards afterwards whereas
hers ours yours theirs mathematics physics economics politics ethics athletics gymnastics aeronautics logistics
diabetes rabies measles headquarters barracks crossroads overseas rhinoceros asbestos atlas canvas alias bias chaos
cosmos ethos pathos kudos christmas texas kansas arkansas dallas vegas hamas abbas laos honduras barbados caracas
lagos davos lesbos samos burgos angeles naples wales rhodes athens algiers cannes aires andes nantes versailles
calais brussels maldives seychelles antilles bahamas mars hermes mercedes moses judas midas thomas douglas nicolas
nicholas lucas jonas elias matias tobias carlos marcos santos amos dumas james charles torres morales flores jones
hughes holmes hayes cortes gomes nunes fernandes rodrigues lopes alves guterres reyes
building morning evening ceiling during nothing something anything everything notwithstanding sibling darling
viking pudding wedding sterling shilling lightning herring earring offspring awning inkling fledgling duckling
upswing drawstring plaything beijing nanjing chongqing kunming liaoning xining xiaoping jinping liping boeing
wyoming fleming hastings rawlings jennings lansing kipling browning harding golding
hundred sacred naked wicked indeed embed hatred kindred shred infrared rugged jagged crooked wretched beloved biped
moped inbred crossbred watershed bloodshed newlywed ahmed mohammed mohamed muhammed hamed khaled javed jared alfred
manfred wilfred winifred majed rashed mehmed
yemen omen specimen abdomen regimen acumen ramen semen stamen bitumen carmen turkmen xiamen bremen tiananmen
humane morale locale rationale urbane envelope paste caste forte clothe breathe bathe france maine premiere corpse singe
"""
_AS_THEY_ARE = frozenset(_UNCUT.split())

# By their keys, that is without a silent e.
_SPELT = {
    "centr": "center", "epicentr": "epicenter", "theatr": "theater", "metr": "meter", "kilometr": "kilometer",
    "centimetr": "centimeter", "millimetr": "millimeter", "litr": "liter", "fibr": "fiber", "calibr": "caliber",
    "sabr": "saber", "sombr": "somber", "spectr": "specter", "meagr": "meager", "lustr": "luster",
    "manoeuvr": "maneuver", "manoeuver": "maneuver", "maneuvr": "maneuver", "defenc": "defens", "offenc": "offens",
    "licenc": "licens", "pretenc": "pretens", "practis": "practic", "practiz": "practic", "aeroplan": "airplan",
    "grey": "gray", "plough": "plow", "sceptic": "skeptic", "sceptical": "skeptical", "draught": "draft",
    "catalogu": "catalog", "dialogu": "dialog", "analogu": "analog", "artefact": "artifact", "enquiry": "inquiry",
    "enquir": "inquir", "judgement": "judgment", "acknowledgement": "acknowledgment", "aluminium": "aluminum",
    "haemorrhag": "hemorrhag", "paediatric": "pediatric", "foetus": "fetus", "leukaemia": "leukemia",
    "anaemia": "anemia", "jewellery": "jewelry", "traveller": "traveler", "counsellor": "counselor",
    "mould": "mold", "sulphur": "sulfur", "whisky": "whiskey", "moustach": "mustach", "cosy": "cozy",
    "skilful": "skillful", "enrolment": "enrollment", "instalment": "installment", "fulfilment": "fulfillment",
}  # fmt: skip


def _read() -> dict[str, tuple[str, ...]]:
    read: dict[str, tuple[str, ...]] = {}
    for line in _FORMS.replace("\n", "|").split("|"):
        base, *forms = line.split() or [""]
        for form in forms:
            read[form] = (*read.get(form, ()), base)
    for form in _OWN.split():
        if form in read:
            read[form] = (*read[form], form)
    return read


_IRREGULAR = _read()


@lru_cache(maxsize=100_000)
def english(folded: str) -> tuple[str, ...]:
    """The keys of a folded word, principal first; several where the form belongs to several words."""
    bases = _IRREGULAR.get(folded)
    if bases is None:
        return (_root(folded),)
    return tuple(dict.fromkeys(map(_root, bases)))


def _root(word: str) -> str:
    if len(word) <= 3 or word in _AS_THEY_ARE or not word.isascii():
        return word
    if word.endswith("s"):
        one = _singular(word)
        return word if one == word else _root(one)
    if word.endswith("men") and len(word) > 4:
        return word[:-2] + "an"
    return _tenseless(word)


def _tenseless(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-3] + "y"
    if word.endswith("ing"):
        return _verb(word, word[:-3])
    if word.endswith("ed") and not word.endswith("eed"):
        return _verb(word, word[:-2])
    return _spelt(word)


def _singular(word: str) -> str:
    if word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 else word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")) or (word.endswith("oes") and len(word) > 5):
        return word[:-2]
    return word[:-1]


def _verb(word: str, root: str) -> str:
    """The verb of a form in -ed or -ing, or the word where the ending belongs to it: "sing", "hundred"."""
    if len(root) < 2 or _VOWELS.isdisjoint(root):
        return word
    if root.endswith("ick") and _TWO_SYLLABLES.search(root):
        return root[:-1]
    if len(root) > 3 and root[-1] == root[-2] and root[-1] in "bdgmnprtv":
        return _spelt(root[:-1])
    return _spelt(root + "e" if _SHORT.fullmatch(root) or _is_ise(root) else root)


def _is_ise(root: str) -> bool:
    return root.endswith(("is", "iz", "ys", "yz")) and _TWO_SYLLABLES.search(root) is not None


def _spelt(word: str) -> str:
    """One spelling for the American and the British, and for a verb with and without its silent e."""
    if _SHORT_WITH_E.fullmatch(word):
        return word
    long = _TWO_SYLLABLES.search(word.removesuffix("e")) is not None
    if long and "our" in word:
        word = _OUR.sub(r"\1or", word, count=1)
    if long and word.endswith(("ise", "yse")):
        word = word[:-2] + "ze"
    word = word.replace("isation", "ization")
    if word.endswith("e") and len(word) > 3 and word[-2] not in "aeioy":
        word = word[:-1]
    if long and word[-1] == word[-2] and word[-1] in "bdglmnprt":
        word = word[:-1]
    return _SPELT.get(word, word)
