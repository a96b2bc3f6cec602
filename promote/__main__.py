"""`python -m promote` is `promote`."""

from promote.cli.main import main

if __name__ == "__main__":
    main()
