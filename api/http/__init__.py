"""What every route uses: requests, errors as problem details, routes."""
