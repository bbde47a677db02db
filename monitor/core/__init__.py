"""Decisions: functions of values, with no clock, no chance, no disk and no network."""
