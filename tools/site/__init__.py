"""The course as web pages: ``make site``."""
