"""What is said to messages that are no answers, or can't be obeyed."""

from __future__ import annotations

from wizard.channels.conversation.meanings import MOST_TEXT
from wizard.locale.sentences import sentence

STALE = sentence("This button belongs to an earlier question.")
NOTHING_SAID = sentence("This message is empty.")
NO_FILE = sentence("You don’t need to send a file here.")
TOO_LONG = sentence("This message is too long. It can have {most} characters.", most=MOST_TEXT)
NOTHING_ASKED = sentence("There’s nothing to answer at the moment. This goes on by itself.")
UNKNOWN = sentence("This isn’t a command.")
NO_SUCH_QUESTION = sentence("I don’t know which answer you mean.")
WHICH_ANSWER = sentence("Which answer do you mean?")
NO_SKIP = sentence("This question needs an answer.")
NO_FIRST = sentence("This is the first question.")
NO_WAY_BACK = sentence("You can’t go back from here: what comes before is final.")
NO_RESTART = sentence("Something is final already, so this can’t begin again.")
NOTHING_KEPT = sentence("There is no answer to keep here.")
NO_LIST = sentence("There is no list here to take anything out of.")
NO_AGENT = sentence("There’s nobody you can chat with here.")
AGENT_TOLD = sentence("I’ve asked somebody to join this chat. You can carry on in the meantime.")
WITH_A_PERSON = sentence("You’re now chatting with a person.")
NOT_CANCELLED = sentence("Nothing was cancelled.")
NOT_RESTARTED = sentence("Your answers are still there.")
IS_OVER = sentence("This is complete. To begin again, start a new conversation.")
NO_EDIT = sentence("I don’t know which answer this corrects. Nothing was changed.")
