"""川渝仪器共享: the features of the service, one folder each, floors numbered in README."""
