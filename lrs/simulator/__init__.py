"""A simulated school, whose learners answer by laws that are not the model."""
