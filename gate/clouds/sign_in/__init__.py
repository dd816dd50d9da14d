"""Signing in: keys that are stored, or temporary credentials that are exchanged for a token and renewed in time.

What is known of the clouds and of CI systems: sign-in.md 1.3 to 1.6, 2.4 to 2.7, 3.1, 3.2 and 9.
"""
