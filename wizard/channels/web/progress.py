"""How far a run is, in words that promise nothing: "Step 3 of 5" where that is sure, "Step 3" where answers decide.

Last pages, which ask nothing, aren't counted as steps.
"""

from __future__ import annotations

from wizard.channels.conversation.questions import step_words
from wizard.engine.view import Progress, RunView
from wizard.locale.catalogs import SOURCE
from wizard.model import Step


def progress_text(view: RunView, step: Step) -> str:
    """Where the foreground step `step` of the path stands in the run; "" where there is nothing to tell."""
    progress = view.progress
    if step is view.run.current and not step.is_done:
        number = progress.done + 1  # the usual case, without another look at all steps of a long run
    else:
        number = sum(1 for earlier in view.run.path if earlier.is_foreground and earlier.seq <= step.seq)
    return step_of(number, progress, view.last_pages, view.workflow.language)


def step_of(number: int, progress: Progress, last_pages: tuple[int, int], language: str = SOURCE) -> str:
    """`number` is the step's own; `last_pages` how many pages of the shortest and of the longest way ask nothing."""
    least = max(number, progress.done + progress.min - last_pages[0])
    most = None if progress.max is None else max(least, progress.done + progress.max - last_pages[1])
    if most == 1:
        return ""
    words = step_words(number, least if least == most else None)
    return words.in_language(language)
