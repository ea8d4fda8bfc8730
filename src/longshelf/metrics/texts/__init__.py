"""Metrics of written texts, by the category they were written for."""
