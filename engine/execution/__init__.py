"""Running graphs: plan, calls, lanes, and what is kept of results."""
