"""What we have: finding it, knowing it again, and asking for it."""
