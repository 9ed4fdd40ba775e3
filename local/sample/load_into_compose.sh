#!/usr/bin/env bash
# Fills the warehouse of docker-compose.yaml: the sample's files belong into one transaction, the role into the same.
set -euo pipefail

psql --set ON_ERROR_STOP=1 --single-transaction --username "${POSTGRES_USER:-postgres}" --dbname octopus \
    --file "${SAMPLE:-/sample}/schema.sql" \
    --file "${SAMPLE:-/sample}/seed.sql" \
    --file "${SAMPLE:-/sample}/seed_cases.sql" \
    --command "alter role billing_aggregator login password 'local-only'"
