"""What ran when, from Git alone: the branch is walked back, and every commit that matters is read as an estate."""
