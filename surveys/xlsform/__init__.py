"""Questionnaires as XLSForm workbooks, the form that ODK, Kobo and many survey offices write: in and out.

Only what a questionnaire here can hold is taken; everything else is named with sheet, row and column.
"""
