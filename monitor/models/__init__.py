"""The tables: plain records, aware UTC times only, no relationships and no queries."""

from monitor.models.people import (
    Briefing,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    JobRun,
    Notice,
    Subscriber,
    SubscriberState,
)
from monitor.models.stories import Alert, Match, Repair, RepairKind, Silence, Story, Vetting
from monitor.models.watch import Entry, Feed, FeedCase, FeedDay, Push, PushState, Revision

__all__ = [
    "Alert",
    "Briefing",
    "Delivery",
    "DeliveryKind",
    "DeliveryStatus",
    "Entry",
    "Feed",
    "FeedCase",
    "FeedDay",
    "JobRun",
    "Match",
    "Notice",
    "Push",
    "PushState",
    "Repair",
    "RepairKind",
    "Revision",
    "Silence",
    "Story",
    "Subscriber",
    "SubscriberState",
    "Vetting",
]
