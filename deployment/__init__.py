"""Packages the project for Amazon MWAA and deploys it: behind `make package` and `make deploy`."""
