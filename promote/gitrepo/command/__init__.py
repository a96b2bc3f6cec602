"""Running git: one place that starts it, what it is given of the environment, and what it says when it fails."""
