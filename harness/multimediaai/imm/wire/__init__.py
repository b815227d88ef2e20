"""The API: from the parameters of a call to the fields of its answer."""
