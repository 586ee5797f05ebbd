"""Where it plays, and how we are found."""
