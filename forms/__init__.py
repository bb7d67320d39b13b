"""Forms: what can be asked, what is accepted as an answer, and what a form asks right now.

`fields` says what a definition can write, `form` compiles it, `validation` takes answers,
`prompts` asks. All of it is pure: no clock, no store, no network.
"""
