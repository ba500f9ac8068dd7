"""How batches move: runner, Kafka worker, delivery, checkpoints, replay and lag."""
