"""Structured forms over a draft: a definition's raw tables as fields, and what was typed back into the tables.

A draft may be faulty, so nothing here reads it as a questionnaire or an index: tables that are missing or of
another type are shown as empty, and what a form does not show stays as it was. Functions return changed copies.
"""
