#!/usr/bin/env bash
# Fills the warehouse of docker-compose.yaml: the sample's files belong into one transaction, the role into the same.
set -euo pipefail

# In a file, unlike in --command, psql puts variables in: quoted, whatever the password holds.
psql --set ON_ERROR_STOP=1 --set password="$POSTGRES_PASSWORD" --single-transaction \
    --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-octopus}" \
    --file "${SAMPLE:-/sample}/schema.sql" \
    --file "${SAMPLE:-/sample}/seed.sql" \
    --file "${SAMPLE:-/sample}/seed_cases.sql" \
    --file - <<< "alter role billing_aggregator login password :'password'"
