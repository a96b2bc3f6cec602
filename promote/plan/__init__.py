"""Estates and an intent → a Plan: one file an intent; pure, all decisions before any write."""
