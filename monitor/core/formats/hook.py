"""The JSON that a webhook is sent. Its keys are an interface that receivers build on; docs/channels.md has them."""

import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from monitor.core.alerts.facts import AlertFacts, Firing, Report
from monitor.core.formats.parts import clean, utc, web_link, weightiest_first
from monitor.core.text import shortened
from monitor.core.values import Evidence

VERSION = 1
# A receiver wants to know what happened, not to be handed the archive.
_SUMMARY_LIMIT = 1_000
_REPORTS_AT_MOST = 100
_ALERTS_AT_MOST = 500


def rollup_body(alerts: Sequence[AlertFacts], reasons: Sequence[str]) -> bytes:
    """One alert or several; `reasons` say in words why it is not told alone, or not in the usual way."""
    return _json(
        {
            "version": VERSION,
            "reasons": [clean(reason) for reason in reasons],
            "alerts": [alert_of(facts) for facts in alerts[:_ALERTS_AT_MOST]],
            "more": max(0, len(alerts) - _ALERTS_AT_MOST),
        }
    )


def signature(body: bytes, secret: str) -> str:
    return f"sha256={hmac.new(secret.encode(), body, 'sha256').hexdigest()}"


def alert_of(facts: AlertFacts) -> dict[str, Any]:
    """One alert as an object of JSON."""
    firings = weightiest_first(facts.firings)
    return {
        "key": clean(facts.key),
        "number": facts.number,
        "revision": facts.revision,
        "severity": facts.severity.value,
        "rules": [clean(firing.rule) for firing in firings],
        "causes": [cause.name.lower() for cause in facts.causes],
        "news": clean(facts.news),
        "headline": clean(facts.headline),
        "link": web_link(facts.link),
        "summary": clean(shortened(facts.summary, _SUMMARY_LIMIT)),
        "language": clean(facts.language),
        "place": {"latitude": facts.place[0], "longitude": facts.place[1]} if facts.place else None,
        "first_told_at": utc(facts.first_told_at),
        "told_at": utc(facts.told_at),
        "acknowledged_by": clean(facts.acknowledged_by),
        "acknowledged_at": _utc_or_none(facts.acknowledged_at),
        "firings": [_firing(firing) for firing in firings],
        "independent_reports": len(facts.reports),
        "reports": [_report(report) for report in facts.reports[:_REPORTS_AT_MOST]],
    }


def _firing(firing: Firing) -> dict[str, Any]:
    return {
        "rule": clean(firing.rule),
        "severity": firing.severity.value,
        "note": clean(firing.note),
        "evidence": [_evidence(each) for each in firing.evidence],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "field": clean(evidence.field),
        "text": clean(evidence.text),
        "start": evidence.start,
        "end": evidence.end,
        "pattern": clean(evidence.pattern),
    }


def _report(report: Report) -> dict[str, Any]:
    return {
        "publisher": clean(report.publisher),
        "title": clean(report.title),
        "link": web_link(report.link),
        "published_at": _utc_or_none(report.published_at),
        "seen_at": utc(report.seen_at),
        "copies": [clean(copy) for copy in report.copies],
    }


def _utc_or_none(at: datetime | None) -> str | None:
    return utc(at) if at else None


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
