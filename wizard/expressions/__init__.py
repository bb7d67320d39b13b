"""The two small languages of definitions: expressions and templates, and the Markdown of texts."""
