"""The embedded PostgreSQL and S3 servers of this checkout, and the commands that run the pipeline on them."""
