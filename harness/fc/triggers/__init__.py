"""Triggers: what they are, their documents in FC's API, and what fires them.

specs.py has a class for each kind, documents.py their documents and checks. sources.py is where they take effect:
timers.py (by schedule.py's times) fires timers, http.py (by http_forms.py's forms) answers at the address of an
HTTP trigger; an OSS trigger's rules are OSS's.
"""
