"""How good the models and the decisions are: figures on data sets and on simulated learners."""
