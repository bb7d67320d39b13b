"""How people say things around an answer: “please” and its like, yes and no in other words, their name in a sentence.

Only whole messages count, as with commands: “no sugar” is no “no”.
"""

from __future__ import annotations

import re
from functools import lru_cache

from wizard.forms.characters import alike
from wizard.forms.locales import REMEMBERED
from wizard.forms.types.choices import yes_and_no
from wizard.locale.sentences import Sentence, sentence_for
from wizard.locale.words import words_in

LONGEST = 2_000  # characters of a message that is looked at
_SIGN = re.compile("(?P<sign>[👍✅✔👎❌])[\U0001f3fb-\U0001f3ff\ufe0f]?")  # of any colour of skin
MOST_PARTS = 4  # of an answer that says yes, or no, several times

# Translators: what people say around a command or an answer and mean nothing by, with bars between.
POLITE = sentence_for("said in a chat", "please | wait | oh | oops | sorry | ok | okay | hold on | actually | can you")
# Translators: other words for yes, with bars between. None of them may mean anything else as a whole message.
YES_WORDS = sentence_for(
    "said in a chat",
    "yeah | yep | yup | sure | of course | certainly | ok | okay | correct | that is right | absolutely | yes I do | "
    "I do | yes I have | yes I am | yes of course | definitely | yes definitely",
)
# Translators: other words for no, with bars between. None of them may mean anything else as a whole message.
NO_WORDS = sentence_for(
    "said in a chat",
    "nope | nah | no thanks | no thank you | not really | no I don’t | I don’t | no I haven’t | no I’m not | "
    "that is all | that’s all | nothing else | definitely not | of course not | I don’t think so",
)
# Translators: what people say who have nothing to answer with, with bars between.
NOTHING_WORDS = sentence_for("said in a chat", "none | nothing | n/a | not applicable | I don’t have one | I have none")
# Translators: what people say who mean none of several things that they are asked about, with bars between.
NONE_OF_THEM = sentence_for(
    "said in a chat, of several things",
    "none | none of them | none of these | none of those | neither | neither of them | neither one | not any of them",
)
# Translators: what people say who don't know an answer, with bars between.
UNSURE_WORDS = sentence_for(
    "said in a chat",
    "I don’t know | I do not know | don’t know | dunno | I don’t know yet | I’m not sure | I am not sure | not sure | "
    "I’m unsure | unsure | no idea | I have no idea | no clue | I don’t remember | I can’t remember",
)
# Translators: what people greet with who open a chat, with bars between.
GREETINGS = sentence_for(
    "said in a chat", "hi | hello | hey | hi there | hello there | good morning | good afternoon | good evening"
)
# Translators: words before what people call a question, as in “change my email”, with bars between.
DETERMINERS = sentence_for("said in a chat", "my | the")
# Translators: how people answer the question for their name, with bars between the ways; {value} is the name.
INTRODUCTIONS = sentence_for(
    "said in a chat",
    "my name is {value} | I am called {value} | I’m called {value} | I am {value} | I’m {value} | call me {value}",
)
# Translators: what people say around an answer that isn't free text, with bars between the ways; {field} is what they
# call the question.
STATED = sentence_for("said in a chat, around an answer", "it is {value} | it’s {value} | my {field} is {value}")
# Translators: what stands between the last two of several things, with bars between.
AND = sentence_for("said in a chat, between two choices", "and | & | +")
# Translators: how people say that they want each of several choices, with bars between.
EACH = sentence_for("said in a chat, of several choices", "all | all of them | each | everything")
# Translators: words of which one stands in a question for a person's name, as “What is your name?” has.
NAME_WORDS = sentence_for("said in a chat", "name | called")


def ways(words: Sentence, language: str) -> list[str]:
    """The words for one thing in a language, as they are written."""
    return [way.strip() for way in words.in_language(language).split("|") if way.strip()]


@lru_cache(REMEMBERED)
def spoken(words: Sentence, language: str) -> frozenset[str]:
    """What can be said for one thing, as `alike` gives it: in English and in that language."""
    return frozenset(alike(way) for spoken_in in (words_in(language).language, "en") for way in ways(words, spoken_in))


@lru_cache(REMEMBERED)
def _around(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = sorted(spoken(POLITE, language), key=len, reverse=True)
    either = "|".join(re.escape(word) for word in words)
    before, behind = rf"(?:(?:{either})(?:[,.!… ]+))+", rf"(?:[,. ]+(?:{either}))+[.! ]*$"
    return re.compile(before, re.IGNORECASE), re.compile(behind, re.IGNORECASE)


def without_manners(text: str, language: str) -> str:
    """The text without “please” and its like at either end."""
    said = text.strip()
    if len(said) > LONGEST:
        return said
    before, behind = _around(language)
    begins = before.match(said)
    kept = said if begins is None else said[begins.end() :]
    ends = behind.search(kept)
    return (kept if ends is None else kept[: ends.start()]).strip() or said


def yes_or_no(text: str, language: str) -> str | None:
    """ "yes" or "no", where that is what a whole message says."""
    if (sign := _SIGN.fullmatch(text.strip())) is not None:
        return "yes" if sign["sign"] in "👍✅✔" else "no"
    yes, no = yes_and_no(language)
    for said in (alike(text), alike(without_manners(text, language)).rstrip("!. ").replace(",", "")):
        if said in yes or said in spoken(YES_WORDS, language):
            return "yes"
        if said in no or said in spoken(NO_WORDS, language):
            return "no"
    parts = text.split(",")
    each = {yes_or_no(part, language) for part in parts} if 1 < len(parts) <= MOST_PARTS else {None}
    return each.pop() if len(each) == 1 else None  # “sure, yes”


def says_nothing(text: str, language: str) -> bool:
    """Whether somebody says that they have no answer. A digit is a number, though programs mean no by 0."""
    said = alike(without_manners(text, language)).rstrip("!. ")
    is_no = yes_or_no(text, language) == "no" and not said.isdigit()
    return is_no or said in spoken(NOTHING_WORDS, language)


def says_none(text: str, language: str) -> bool:
    """Whether somebody who is asked which one of several they mean says that it is none of them."""
    said = alike(without_manners(text, language)).rstrip("!. ")
    return yes_or_no(text, language) == "no" or said in spoken(NONE_OF_THEM, language)


def is_unsure(text: str, language: str) -> bool:
    """Whether somebody says that they don't know the answer."""
    return alike(without_manners(text, language)).rstrip("!.?… ") in spoken(UNSURE_WORDS, language)


def is_greeting(text: str, language: str) -> bool:
    """Whether a whole message is a greeting."""
    return alike(text).rstrip("!.,: ") in spoken(GREETINGS, language)


def called(field: str, language: str) -> str:
    """What a question is called, without “my” or “the”."""
    first, _, rest = field.strip().partition(" ")
    return rest.strip() if rest.strip() and alike(first) in spoken(DETERMINERS, language) else field.strip()


@lru_cache(REMEMBERED)
def patterns(words: Sentence, language: str) -> tuple[re.Pattern[str], ...]:
    """Ways to say something with a {value}, and perhaps a {field}, as whole messages."""
    said = [way for spoken_in in dict.fromkeys((language, "en")) for way in ways(words, spoken_in)]
    return tuple(re.compile(_pattern(way), re.IGNORECASE | re.DOTALL) for way in said if "{value}" in way)


def _pattern(way: str) -> str:
    escaped = r"\s+".join(re.escape(word) for word in way.replace(",", " ").split())
    escaped = re.sub(r"^(\w+)\\s\+", r"\1,?\\s+", escaped).replace("’", "['’]")
    return escaped.replace(re.escape("{field}"), "(?P<field>.{1,80}?)").replace(
        re.escape("{value}"), "(?P<value>.{1,2000})"
    )


def introduced(text: str, language: str) -> str | None:
    """The name that somebody says to be theirs: Anna of "my name is Anna"; None where nobody does."""
    said = _without_greeting(text.strip().rstrip(".!").strip(), language)
    if len(said) > LONGEST:
        return None
    for pattern in patterns(INTRODUCTIONS, words_in(language).language):
        if (match := pattern.fullmatch(said)) is not None:
            return match["value"].strip()
    return None


def _without_greeting(text: str, language: str) -> str:
    """What follows a “Hi” or “Good morning”."""
    for greeting in sorted(spoken(GREETINGS, language), key=len, reverse=True):
        behind = text[len(greeting) :]
        if alike(text[: len(greeting)]) == greeting and behind[:1] in (" ", ",", "!", "."):
            return behind.lstrip(" ,!.")
    return text


def stated(text: str, label: str, language: str) -> str:
    """The answer that a sentence around it states, as “it’s ann@example.org” does; the text where it is none, or is
    about something else than the question that has this label."""
    said = without_manners(text, language)
    if len(said) > LONGEST:
        return text
    for pattern in patterns(STATED, words_in(language).language):
        match = pattern.fullmatch(said)
        about = "" if match is None else match.groupdict().get("field") or ""
        if match is not None and set(alike(about).split()) <= set(re.findall(r"\w+", alike(label))):
            return match["value"].strip()
    return text


def asks_name(label: str, language: str) -> bool:
    """Whether a question is for a name, by its words."""
    return not spoken(NAME_WORDS, language).isdisjoint(re.findall(r"\w+", alike(label)))
