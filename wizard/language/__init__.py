"""What expressions and templates are made of: both compile to the same bounded closures.

`wizard.expressions` and `wizard.templates` are the doors.
"""
