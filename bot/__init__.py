"""Connecteur: the digital self-diagnosis of small firms, as a conversation in French."""

__version__ = "0.1.0"
