"""Run the command line with ``python -m cartoallier``."""

import sys

from cartoallier.cli import main

if __name__ == "__main__":
    sys.exit(main())
