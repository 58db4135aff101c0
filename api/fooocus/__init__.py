"""The HTTP API that clients of FooocusAPI know, translated into recipes of `graphs/fooocus`."""
