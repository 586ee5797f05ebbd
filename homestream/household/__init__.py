"""Who may: accounts that sign in, profiles that listen, and what proves it."""
