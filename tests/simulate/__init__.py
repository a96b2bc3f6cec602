"""What could go wrong in life, made to happen: crowds of writers, faults of servers, runs that are killed."""
