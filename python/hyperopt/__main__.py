"""``python -m hyperopt``: the command line."""

import sys

from hyperopt.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
