"""Write newly published image tags into a GitOps repository, and carry them from environment to environment."""

__version__ = "0.1.0"
