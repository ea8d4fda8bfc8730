"""Metrics of ranked lists: what they find, how early, and what they show of the catalogue."""
