"""What the chat itself says, beside what is said in a conversation: its buttons and notices, in one language."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.channels.conversation.commands import first_way
from wizard.locale.sentences import Sentence, sentence, sentence_for
from wizard.locale.words import Words

WORDS: Mapping[str, Sentence] = {
    "all": sentence_for("button: of a long message", "Show all of it"),
    "answers": sentence_for("button", "See my answers"),
    "anew": sentence_for("button", "Start a new one"),
    "attach": sentence("Choose a file"),
    "begun": sentence("You have already started this. Your answers are saved."),
    "choices": sentence("Answers to choose from"),
    "continue": sentence_for("button", "Continue"),
    "date": sentence("Pick a date"),
    "discard": sentence_for("button: of a message that wasn't sent", "Remove"),
    "drop": sentence("Drop the file here"),
    "edit": sentence_for("button: of one's own message", "Change"),
    "edited": sentence_for("of a message that corrects an answer", "Changed:"),
    "editing": sentence("You are changing an earlier answer"),
    "failed": sentence_for("of a message", "Not sent."),
    "form": sentence("Use the form instead"),
    "from-engine": sentence_for("who says something, for screen readers", "Question:"),
    "from-operator": sentence_for("who says something, for screen readers", "Team member:"),
    "from-person": sentence_for("who says something, for screen readers", "You:"),
    "log": sentence_for("what was said in a chat", "Conversation"),
    "menu": sentence_for("button", "Menu"),
    "menu-back": sentence_for("in a menu", "Back to the question before"),
    "menu-elsewhere": sentence_for("in a menu", "Continue on another device"),
    "menu-help": sentence_for("in a menu", "What can I write?"),
    "menu-pages": sentence_for("in a menu", "Continue on pages"),
    "menu-restart": sentence_for("in a menu", "Start again"),
    "menu-review": sentence_for("in a menu", "My answers so far"),
    "newer": sentence_for("button", "New messages"),
    "offline": sentence("No connection at the moment. What you write is sent as soon as there is one."),
    "online": sentence("The connection is back."),
    "retry": sentence_for("button", "Try again"),
    "send": sentence_for("button", "Send"),
    "sending": sentence_for("of a message", "Sending …"),
    "sent": sentence_for("of a message", "Sent"),
    "stop-editing": sentence("Keep the answer as it was"),
    "stop-upload": sentence_for("button: of a file that is being sent", "Cancel"),
    "too-large": sentence("The file is too large. Choose a smaller one."),
    "typing": sentence("The answer is on its way."),
    "unreachable": sentence("The chat can’t be reached. Check your connection."),
    "unreadable": sentence("The file can’t be read. Choose it again."),
    "uploading": sentence_for("of a file in a chat", "Uploading"),
    "waiting": sentence_for("of a message", "Waiting for a connection"),
    "write": sentence("Write a message"),
}
SAID_BY_MENU = ("back", "review", "help", "restart", "elsewhere")


def chat_words(words: Words) -> dict[str, str]:
    """By what they are for."""
    return {name: words.say(text) for name, text in WORDS.items()}


def chat_commands(words: Words) -> dict[str, str]:
    """What the menu says for somebody, by command."""
    return {name: first_way(name, words.language) for name in SAID_BY_MENU}
