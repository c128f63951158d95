"""川渝仪器共享: the features of the service, one folder each, floors numbered in README."""

import gc

# Loading makes hundreds of thousands of objects that stay: looking through them again and again takes a second.
gc.set_threshold(50_000, 20, 100)
