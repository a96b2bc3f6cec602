"""Gates: what a version must pass on its way into an environment. Pure; one file a gate."""
