"""The words that people read: sentences that aren't said yet, the catalogues of translations, and dates, numbers and
lists as each language writes them. English is the source; docs/languages.md tells how a language is added."""
