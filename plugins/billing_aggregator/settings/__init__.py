"""The settings of a deployment: the table of variables, how they are read, and the connections they give."""
