"""Jobs: kept on disk, run by worker processes, their files published; where pictures come from."""
