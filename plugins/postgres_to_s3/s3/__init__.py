"""The bucket's side: requests, uploads and the publication of all files together."""
