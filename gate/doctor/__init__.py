"""Tells before a release whether a check could come to a verdict, and what no document settles of an account."""
