"""homestream: a home media server in one async process on one SQLite file."""

__version__ = "0.1.0"
