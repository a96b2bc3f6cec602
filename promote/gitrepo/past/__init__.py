"""The history of a branch: which commits are below a tip, and the files as they were."""
