"""What is said to messages that are no answers, or can't be obeyed."""

from __future__ import annotations

from wizard.channels.conversation.meanings import MOST_TEXT
from wizard.locale.sentences import sentence

STALE = sentence("This button belongs to an earlier question.")
NOTHING_SAID = sentence("This message is empty.")
NO_FILE = sentence("A file isn’t asked for here.")
TOO_LONG = sentence("This message is too long. It can have {most} characters.", most=MOST_TEXT)
NOTHING_ASKED = sentence("Nothing is asked at the moment. It goes on by itself.")
UNKNOWN = sentence("This isn’t a command.")
NO_SUCH_QUESTION = sentence("I don’t know which answer you mean.")
WHICH_ANSWER = sentence("Which answer do you mean?")
NO_SKIP = sentence("This question needs an answer.")
NO_FIRST = sentence("This is the first question.")
NO_AGENT = sentence("Nobody can be reached here.")
AGENT_TOLD = sentence("I have asked for somebody to write to you here. Meanwhile you can go on.")
NOT_CANCELLED = sentence("Nothing was cancelled.")
NOT_RESTARTED = sentence("Your answers are still there.")
IS_OVER = sentence("This is complete. To begin again, start a new conversation.")
NO_EDIT = sentence("I don’t know which answer this corrects. Nothing was changed.")
