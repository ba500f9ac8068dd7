"""What handlers and pages share: login, who may do what, bodies, errors and limits."""
