"""The science: model, intervals, fitting, calibration, forgetting and weights. Pure."""
