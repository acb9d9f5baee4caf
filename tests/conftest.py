"""How the tests run: an example of a property may take as long as the machine needs; benchmarks measure speed."""

from hypothesis import settings

settings.register_profile("connecteur", deadline=None)
settings.load_profile("connecteur")
