"""promote.yaml: bytes in, frozen values out, all mistakes at once with their line and column."""

FILE = "promote.yaml"
# Ten thousand apps fit; what is larger is no configuration.
MAX_SIZE = 1 << 20
