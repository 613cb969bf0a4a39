"""What every test shares."""

from hypothesis import HealthCheck, settings

# A noisy machine is no finding: time limits of Hypothesis are off, its search is not.
settings.register_profile("slipway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slipway")
