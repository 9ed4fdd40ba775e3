"""The health of a deployment: configuration, warehouse, bucket, lock and last exports, as a table with remedies."""
