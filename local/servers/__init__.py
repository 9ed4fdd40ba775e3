"""Real servers for a developer's machine: PostgreSQL and S3, started and stopped together."""
