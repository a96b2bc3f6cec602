"""The command line: one file a command, one error boundary; what commands share stands in `options` and `run`."""
