"""teamvoice: the voice of an AI team."""

__version__ = "0.1.0"
