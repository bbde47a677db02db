"""Alerts in the formats that other programs follow."""
