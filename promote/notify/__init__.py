"""Notifications: what a run did and what it left, told to people and programs elsewhere. They decide nothing."""
