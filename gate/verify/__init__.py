"""Reads statements about verdicts, and decides whether they let exactly these images pass; asks no cloud."""
