"""Where files name images: one file a format, each pure; `join` makes Sites of what they find."""
