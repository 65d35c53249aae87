"""What a person has a teacher do: on demand, compared, examined, recorded."""
