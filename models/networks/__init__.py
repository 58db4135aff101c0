"""Networks by reference: found, loaded, lent to samplers, encoders and decoders."""
