"""`python -m billing_aggregator.health`."""

import sys

from billing_aggregator.health.command_line import main

sys.exit(main())
