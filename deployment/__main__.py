"""`python -m deployment`: see `python -m deployment --help`."""

import sys

from deployment.checkout import REPO

# The settings file is checked by the pipeline's own rules.
sys.path.insert(0, str(REPO / "plugins"))

from deployment.command_line import main

raise SystemExit(main())
