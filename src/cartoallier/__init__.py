"""Show where social need is high and help is out of reach, in any French département."""

__version__ = "0.1.0"
