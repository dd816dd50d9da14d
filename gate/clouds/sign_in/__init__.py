"""Signing in: keys that are stored, or temporary credentials that are exchanged for a token and renewed in time."""
