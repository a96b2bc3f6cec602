"""What a run knows of a remote: a bare repository of its own, and which objects come into it."""
