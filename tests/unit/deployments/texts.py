"""What Ann and her colleagues save as drafts."""

PASSPORT = """\
# Ann's passport
id: passport
title: Apply for a passport
nodes:
  - id: who   # and what else?
    type: form
    fields:
      - {name: name, type: text, label: Name}
  - {id: done, type: end}
"""
ORDER = "id: order\nnodes:\n  - {id: person, type: workflow, workflow: passport}\n"
BROKEN = "id: passport\nnodes:\n  - {id: who, type: nothing-like-it}\n  - {id: who, type: end}\n"
