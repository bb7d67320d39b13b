// What can be done where nothing is asked: by who comes back, at the end of a run, and where the forms can't be reached.
import { make } from "./drawing";
import { Refused } from "./messages";
import type { Wording } from "./messages";

type Say = (what: string) => string;

function main(label: string, pressed: () => void): HTMLElement {
  return make("button", { type: "button", class: "main", click: pressed }, label);
}

function other(label: string, pressed: () => void): HTMLElement {
  return make("button", { type: "button", click: pressed }, label);
}

function ways(...all: HTMLElement[]): HTMLElement {
  return make("div", { class: "ways" }, ...all);
}

export function welcome(say: Say, goesOn: () => void, anew: () => void): HTMLElement[] {
  return [make("p", {}, say("begun")), ways(main(say("continue"), goesOn), other(say("anew"), anew))];
}

export function ending(say: Say, anew: () => void, toAnswers: () => void): HTMLElement {
  return ways(main(say("anew"), anew), other(say("answers"), toAnswers));
}

// What went wrong; `form` is where the same is asked on pages. The words are missing where not even they could be had.
export function failure(error: unknown, wording: Wording | undefined, form: string, again: () => void): HTMLElement {
  const words = wording?.words ?? {};
  const text = error instanceof Refused ? error.message : words["unreachable"] ?? "The chat can’t be reached. Check your connection.";
  const pages = make("a", { href: form }, words["form"] ?? "Use the form instead");
  return make("div", { class: "failed", role: "alert" }, make("p", {}, text), ways(main(words["retry"] ?? "Try again", again), pages));
}
