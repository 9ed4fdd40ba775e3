"""The embedded stack: a real PostgreSQL and a real S3 server on loopback ports, for development and tests."""
