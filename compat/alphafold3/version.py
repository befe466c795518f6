"""The version of AlphaFold 3 whose inputs, flags and outputs pleat has; wrappers ask for it."""
__version__ = '3.0.4'
