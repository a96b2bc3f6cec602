"""What each environment runs: trees are scanned, fragments joined over layers, and versions told."""
