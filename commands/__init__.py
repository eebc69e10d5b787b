"""The commands of `hongtu`, a module each; `cli` puts them together."""
