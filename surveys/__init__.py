"""The survey domain: what a survey office would recognise. Knows no HTTP."""
