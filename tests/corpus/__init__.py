"""Stored runs of every format that there has been, which each build has to read and to go on with.

`format_N.sqlite.gz` is a store, `format_N.yaml` its definitions and `format_N.json` what each of its runs shows.
`python -m tests.corpus` makes those of the present format that aren't there; those that are there are never made again.
`format_N_talks` holds conversations: messages, what is to be delivered, links, codes, operators.
`format_2_events` was made by a build of format 2 later on: runs at waits for events, which were counted then.
`format_3_lists` was made by the last build of format 3: runs in a `for_each`, whose items were known by their position
then. What they show is that build's, how they end is not: it gave the answers of one item to another.
"""
