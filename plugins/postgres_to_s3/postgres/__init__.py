"""The warehouse's side: drivers, the session, the query and its rows."""
