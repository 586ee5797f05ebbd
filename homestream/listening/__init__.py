"""What was played, what is loved, what is next."""
