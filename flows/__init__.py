"""What a person operates: runs, schedules, commands, reports."""
