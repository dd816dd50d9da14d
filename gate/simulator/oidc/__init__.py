"""Simulates what a CI system gives a job instead of keys: an OIDC issuer, and the endpoints where tokens are asked for.

Read `rsa` (signatures), `jwt` (tokens), `claims` (what is in the tokens of each CI system), `service` (the endpoints).
"""
