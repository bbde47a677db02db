"""What a server's refusal says of an address: whether nobody is there, or the fault is ours."""

import re

from monitor.words import Verdict

MAIL_FROM, RCPT_TO, DATA = "MAIL FROM", "RCPT TO", "DATA"
_CODE = r"[245]\.\d{1,3}\.\d{1,3}(?![\d]|\.\d)"
# Only where servers put their codes: any three numbers may be a version, or a part of an address.
_PLACES = tuple(
    re.compile(place.replace("CODE", f"({_CODE})"))
    for place in (r"(?<![\d.])[245]\d\d[ -]#?CODE", r"#CODE", r"(?:^|;)\s*CODE", r"[(\[]CODE[)\]]")
)
_REPLY = re.compile(r"(?:^|[;:]\s+|;)([245]\d\d)(?=[ -]|$)")
_ADDRESS = re.compile(r"<?[^\s<>@]{1,128}@[^\s<>@]{1,255}>?")
_BY_STATUS = {
    **dict.fromkeys(("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"), Verdict.DEAD),
    "5.2.1": Verdict.DISABLED,
    # Full; and given up after many tries.
    **dict.fromkeys(("5.2.2", "5.4.7"), Verdict.SOFT),
    **dict.fromkeys(("5.1.7", "5.1.8", "5.2.3", "5.3.4"), Verdict.OURS),
    # No host answers, or none is known: mostly a domain that is gone, sometimes a wrong resolver of ours.
    **dict.fromkeys(("5.4.1", "5.4.4"), Verdict.UNKNOWN),
}
_OURS_SUBJECTS = ("5.4.", "5.5.", "5.6.", "5.7.")


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


# The milder stands first: what may be read two ways costs nobody their mail.
_BY_WORDS = (
    (
        _any_of(
            r"\bsender\b", r"\babsender", r"\bexpéditeur", r"\bremitente", r"\bmittente", r"\bnadawc", r"отправител",
            r"\breverse dns\b", r"\bptr\b", r"\brdns\b", r"\bhelo\b", r"\behlo\b", r"\bdmarc\b", r"\bspf\b",
            r"\bdkim\b", r"\brelay(?:ing)? (?:access )?(?:denied|not permitted)", r"\bblack ?list", r"\bblock ?list",
            r"\bmessage (?:is )?too (?:big|large)", r"\bmessage size\b",
        ),
        Verdict.OURS,
    ),
    (
        _any_of(
            r"\b(?:mail)?box (?:is )?(?:over)?full\b", r"\bover(?:[ -]?the)?[ -]?quota\b", r"\bquota (?:is )?exceeded",
            r"\bexceeded (?:storage|(?:its |the )?quota)", r"\binsufficient (?:system )?storage", r"\bout of storage",
            r"\btry (?:again )?later\b", r"\btemporar(?:y|ily)\b", r"\bgr[ae]y-?list", r"\bretry timeout exceeded",
            r"\bpostfach (?:ist )?(?:über)?voll\b", r"\bboîte (?:aux lettres )?pleine", r"\bbuzón (?:está )?lleno",
            r"\bcasella (?:postale )?piena", r"\bskrzynka .{0,20}(?:pełna|przepełniona)", r"переполнен",
            r"\bcaixa .{0,20}cheia", r"容量",
        ),
        Verdict.SOFT,
    ),
    (
        _any_of(
            r"\b(?:account|mailbox|user|recipient|address)\b.{0,40}\b(?:disabled|inactive|suspended|deactivated|closed"
            r"|locked|discontinued|no longer (?:active|in use))\b",
            r"\b(?:disabled|inactive|suspended|deactivated) (?:account|mailbox|user|recipient)\b",
            r"\b(?:konto|postfach)\b.{0,20}\b(?:gesperrt|deaktiviert|geschlossen)", r"\bcompte.{0,20}désactivé",
            r"\bcuenta.{0,20}(?:desactivada|suspendida)", r"\bkonto.{0,20}(?:nieaktywne|zablokowane)",
            r"заблокирован", r"заблокован",
        ),
        Verdict.DISABLED,
    ),
    (
        _any_of(
            r"\b(?:user|recipient|mailbox|addressee) (?:is )?unknown\b", r"\bunknown (?:local )?(?:user|recipient"
            r"|mailbox|address)\b", r"\bno such (?:user|recipient|mailbox|person|address|account)\b",
            r"\b(?:user|recipient|mailbox|account|address)\b.{0,40}\b(?:does not|doesn't|doesnt|did not) exist\b",
            r"\b(?:user|recipient|mailbox|account|address) (?:was )?not found\b", r"\binvalid (?:recipient|mailbox)\b",
            r"\bno (?:mailbox|user) here\b", r"\bnot (?:have an? .{0,40}account|a (?:known|valid) (?:user|mailbox))\b",
            r"\b(?:empfänger|benutzer|nutzer|adresse|postfach) (?:ist )?(?:hier )?(?:unbekannt|existiert nicht)",
            r"\bunbekannte[rns]? (?:empfänger|benutzer|nutzer|adresse)",
            r"\b(?:utilisateur|destinataire|adresse|compte)\b.{0,40}(?:inconnue?\b|n'existe pas\b)",
            r"\b(?:usuario|destinatario|buzón|cuenta|dirección)\b.{0,40}(?:desconocid[oa]\b|no existe\b)",
            r"\b(?:usuário|destinatário|conta|endereço)\b.{0,40}(?:desconhecid[oa]\b|não existe\b)",
            r"\b(?:utente|destinatario|casella|indirizzo)\b.{0,40}(?:sconosciut[oa]\b|inesistente\b|non esiste\b)",
            r"\b(?:użytkownik|odbiorca|adres|konto|skrzynka)\b.{0,40}(?:nieznany\b|nie istnieje\b)",
            r"\b(?:nieznany|nie ma takiego) (?:użytkownika?|odbiorc[ay])",
            r"\b(?:gebruiker|ontvanger|mailbox|adres)\b.{0,40}(?:onbekend\b|bestaat niet\b)",
            r"\b(?:uživatel|příjemce|schránka|adresa)\b.{0,40}neexistuje\b",
            r"(?:пользователь|ящик|адрес|получатель).{0,40}(?:не (?:найден|существует)|неизвестен)",
            r"(?:користувача?|скринька|адреса|одержувача?|отримувача?).{0,40}(?:не (?:знайдено|існує)|невідом)",
            r"(?:用户|用戶|收件人|邮箱).{0,10}不存在", r"存在しません",
        ),
        Verdict.DEAD,
    ),
    (_any_of(r"\bspam\b", r"\bpolic(?:y|ies)\b", r"\breputation\b", r"\bvirus\b", r"\bcontent\b"), Verdict.OURS),
)  # fmt: skip
# Words beyond this are not looked at.
_LONGEST = 1000


def verdict(step: str, code: int, enhanced: str, text: str) -> Verdict:
    """Of a refusal at this step with this reply code (0: unknown), enhanced status code ("": none) and words."""
    if 400 <= code < 500 or enhanced.startswith("4."):
        return Verdict.SOFT
    if step != RCPT_TO:
        return Verdict.OURS
    known = of_status(enhanced)
    if known is not None:
        return known
    if code == 556:  # RFC 7504: this domain takes no mail at all
        return Verdict.DEAD
    words = text[:_LONGEST]
    told = next((said for phrases, said in _BY_WORDS if phrases.search(words)), None)
    if told is not None:
        return told
    return Verdict.SOFT if code == 552 and not enhanced else Verdict.UNKNOWN


def of_status(enhanced: str) -> Verdict | None:
    """What an enhanced status code says by itself; None: nothing."""
    if enhanced.startswith("4."):
        return Verdict.SOFT
    return _BY_STATUS.get(enhanced) or (Verdict.OURS if enhanced.startswith(_OURS_SUBJECTS) else None)


def enhanced_code(text: str) -> str:
    """The enhanced status code (RFC 3463) that a reply gives; "" if none."""
    found = (place.search(text[:_LONGEST]) for place in _PLACES)
    return next((match[1] for match in found if match), "")


def reply_code(text: str) -> int:
    """The three digits of a reply in what is told of it; 0 if there are none."""
    found = _REPLY.search(text[:_LONGEST])
    return int(found[1]) if found else 0


def without_addresses(text: str) -> str:
    """A reason that may be kept and logged: it names no person."""
    return _ADDRESS.sub("<address>", text)
