"""What a run writes. Outputs see a :class:`~cartoallier.model.Run` and compute nothing."""
