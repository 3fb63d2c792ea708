"""Questionnaires as data: immutable versions named by their content."""
