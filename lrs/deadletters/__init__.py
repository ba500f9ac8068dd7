"""Dead letters as people work on them: which there are, why, and what became of each."""
