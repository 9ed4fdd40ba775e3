-- Gives the pipeline's role, which schema.sql creates without one, the password of docker-compose.yaml.
alter role billing_aggregator login password 'local-only';
