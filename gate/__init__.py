"""Waits for the cloud's own scan of container images and decides whether a release may go out.

Read `scan` for the vocabulary, `policy` for the rules, `run` for the story, and `clouds` for what lies behind it.
"""

__version__ = "0.2.0"
