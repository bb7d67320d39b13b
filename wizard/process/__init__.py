"""What a process of ours lives by: its loops, its threads, its signals, and code of others that hangs."""
