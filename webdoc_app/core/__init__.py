"""What every use case stands on and no noun owns."""
