"""Forges: pull requests, commit statuses and reviews, one file a forge behind one Protocol."""
