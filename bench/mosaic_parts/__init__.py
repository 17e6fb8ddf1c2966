"""Parts of `bench.mosaic`."""
