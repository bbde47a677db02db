"""Watches feeds, alerts people at once, mails a briefing every morning."""

__version__ = "0.1.0"
