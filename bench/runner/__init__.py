"""The benchmark's runner: starts what is measured, drives it, and writes down what came out. bench/README.md explains it."""
