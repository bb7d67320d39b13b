"""Do the tests notice? A sample of small mistakes, put one by one into a copy of the tree: `make mutants`.

What survives is a line that could be wrong without any test telling: a test is missing, the line isn't needed, or the
mistake changes nothing that anybody could see.
"""
