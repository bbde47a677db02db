"""Feed monitors side by side on the same made-up feeds: CPU, time and memory of all their processes."""
