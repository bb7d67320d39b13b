// What was said, drawn: bubbles that belong together, the time below the last of them, the buttons of the question that
// is open, and how far it is with what is under way.
import { Choices } from "./choices";
import type { Picker } from "./choices";
import { icon, iconButton, linked, make, rich } from "./drawing";
import type { Message, Saying, Wording, Work } from "./messages";

const TOGETHER = 120_000; // milliseconds between two messages that are shown as one group
const LONG = 1200; // characters, or so many lines, beyond which a text is folded
const MANY_LINES = 24;
const NEAR = 120; // pixels from the end at which somebody still reads along

export type Delivery = "sending" | "waiting" | "failed";

export interface Reader extends Picker {
  edits(message: Message): void;
  retries(id: string): void;
  discards(id: string): void;
}

interface Own {
  row: HTMLElement;
  state: HTMLElement;
  saying: Saying;
}

export const SECRET = "••••••"; // what is shown of a password

function askedBy(message: Message): string {
  return message.expects?.name ? `${message.expects.step} ${message.expects.name}` : "";
}

export class Log {
  readonly element: HTMLElement;
  private readonly wording: Wording;
  private readonly root: string;
  private readonly reader: Reader;
  private readonly own = new Map<string, Own>();
  private readonly shown = new Set<string>();
  private readonly working: HTMLElement;
  private readonly newer: HTMLButtonElement;
  private lastBubble: { from: string; at: number; row: HTMLElement } | null = null;
  private lastDay = "";
  private choices: Choices | null = null;
  private readonly labels = new Map<string, string>(); // of choices that were offered: who presses one says no text
  private answered: { to: string; edit: HTMLElement | null } | null = null; // the last message of a person's
  private readsAlong = true;
  private heights = ""; // of what is shown and of all of it, when it was scrolled last
  private top = 0; // where it was scrolled to last, not by who reads
  private anchor: HTMLElement | null = null; // what a person said last, or what the latest messages begin with

  // `root` is where the forms are.
  constructor(wording: Wording, root: string, reader: Reader) {
    this.wording = wording;
    this.root = root;
    this.reader = reader;
    this.working = make("div", { class: "working", role: "status", hidden: true });
    this.newer = iconButton("down", this.say("newer"), () => this.toEnd(), { class: "tool newer", hidden: true });
    const attributes = { class: "log", role: "log", "aria-label": this.say("log"), tabindex: "0", lang: wording.texts };
    this.element = make("div", attributes, this.working);
    this.element.addEventListener("scroll", () => {
      // What a new size of the window does isn't done by who reads.
      const isResized = this.heights !== this.measured();
      this.heights = this.measured();
      if (isResized) return;
      if (Math.abs(this.element.scrollTop - this.top) > 1) this.anchor = null; // somebody has read from there
      this.readsAlong = this.isAtEnd;
      if (this.readsAlong) this.newer.hidden = true;
    });
    // A keyboard that comes up on a telephone doesn't hide what was said last.
    new ResizeObserver(() => this.follow(this.readsAlong || this.isAtEnd, true)).observe(this.element);
  }

  get below(): HTMLElement {
    return this.newer;
  }

  has(id: string): boolean {
    return this.shown.has(id);
  }

  // A message that was said, whoever said it.
  add(message: Message): void {
    if (this.shown.has(message.id)) return;
    this.shown.add(message.id);
    const along = this.readsAlong;
    if (message.from !== "person") this.close(); // what was asked before is answered, or asked again
    else if (message.choice || message.files) this.close();
    for (const { choice, label } of message.choices) this.labels.set(choice, label);
    // An answer that was refused is no answer to change.
    if (message.from === "engine" && this.answered?.to && this.answered.to === askedBy(message)) this.answered.edit?.remove();
    this.own.get(message.id)?.row.remove();
    this.own.delete(message.id);
    this.place(this.bubble(message));
    if (Choices.has(message)) {
      this.choices = new Choices(message, this.wording, this.reader);
      this.place(this.choices.element);
    }
    this.follow(along || message.from === "person");
  }

  // What somebody says here, before it is known to be taken.
  send(saying: Saying, label: string, delivery: Delivery): void {
    const before = this.own.get(saying.id);
    before?.row.remove();
    const text = label || (saying.text ?? "");
    const files = saying.files?.map((file) => file.name);
    const message: Message = { id: saying.id, from: "person", text, choices: [], expects: null, at: new Date().toISOString() };
    if (files) message.files = files;
    const row = this.bubble(message, true);
    const state = make("span", { class: "state" });
    row.querySelector(".meta")?.append(state);
    this.own.set(saying.id, { row, state, saying });
    this.element.insertBefore(row, this.working);
    this.anchor = row;
    this.mark(saying.id, delivery);
    this.follow(true);
  }

  mark(id: string, delivery: Delivery, why = ""): void {
    const own = this.own.get(id);
    if (!own) return;
    own.row.dataset["state"] = delivery;
    own.state.replaceChildren(make("span", {}, why || this.say(delivery)));
    if (delivery !== "failed") return;
    this.button(own, "retry", () => this.reader.retries(id));
    this.button(own, "discard", () => this.discard(id));
    this.follow(true);
  }

  private button({ state }: Own, what: string, pressed: () => void): void {
    state.append(" ", make("button", { type: "button", class: "retry", click: pressed }, this.say(what)));
  }

  private discard(id: string): void {
    this.own.get(id)?.row.remove();
    this.own.delete(id);
    this.reader.discards(id);
  }

  progress(id: string, share: number): void {
    const own = this.own.get(id);
    if (!own) return;
    const bar = own.state.querySelector("progress") ?? make("progress", { max: "1", "aria-label": this.say("uploading") });
    bar.value = share;
    if (bar.isConnected) return;
    own.state.replaceChildren(bar);
    this.button(own, "stop-upload", () => this.discard(id));
  }

  // Three dots while a turn is under way; how far, where that is known.
  works(work: Work | null): void {
    this.working.hidden = work === null;
    if (work === null) return;
    const dots = make("span", { class: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
    if (!work.text && work.percent === null) {
      this.working.replaceChildren(dots, make("span", { class: "unseen" }, this.say("typing")));
    } else {
      const percent = work.percent === null ? "" : ` ${Math.floor(work.percent)} %`;
      this.working.replaceChildren(dots, make("span", { class: "how-far" }, `${work.text}${percent}`.trim()));
    }
    this.follow(this.readsAlong, true);
  }

  toEnd(): void {
    this.anchor = null;
    this.scrollTo(this.element.scrollHeight);
  }

  // Whether the open question has buttons.
  get asksByButtons(): boolean {
    return this.choices !== null;
  }

  // The first button of the open question, for who goes on by keyboard.
  focusChoices(): boolean {
    this.choices?.focus();
    return this.choices !== null;
  }

  // The buttons of the question that was open are of no use any more.
  close(): void {
    this.choices?.close();
    this.choices = null;
  }

  // A question whose button couldn't be sent may be answered again.
  reopen(): void {
    this.choices?.reopen();
  }

  private get isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  private measured(): string {
    return `${this.element.clientHeight} ${this.element.scrollHeight}`;
  }

  private scrollTo(top: number): void {
    this.element.scrollTop = top;
    this.top = this.element.scrollTop;
    this.heights = this.measured();
    this.readsAlong = this.isAtEnd;
    this.newer.hidden = this.readsAlong;
  }

  // As the reader's own country writes times, where it speaks the language.
  private get language(): string {
    const { language } = this.wording;
    return navigator.languages.find((own) => own.split("-")[0] === language.split("-")[0]) ?? language;
  }

  private say(what: string): string {
    return this.wording.words[what] ?? what;
  }

  // To the end, but not past where the latest messages begin: who is told much reads it from there.
  private follow(along: boolean, silently = false): void {
    if (!along) {
      if (!silently) this.newer.hidden = false;
      return;
    }
    const { scrollHeight, clientHeight } = this.element;
    const end = scrollHeight - clientHeight;
    this.scrollTo(this.anchor?.isConnected ? Math.min(end, this.anchor.offsetTop - 12) : end);
  }

  private place(row: HTMLElement): void {
    const pending = [...this.own.values()][0]?.row ?? this.working;
    this.element.insertBefore(row, pending);
  }

  private bubble(message: Message, isPending = false): HTMLElement {
    const at = new Date(message.at);
    const { language } = this;
    const last = this.lastBubble;
    const goesOn = last?.from === message.from && at.getTime() - last.at < TOGETHER;
    const isNamed = message.from === "operator" && !goesOn; // who they write with is no machine
    const says = message.from === "engine" && !message.expects ? `${this.wording.title}:` : this.say(`from-${message.from}`);
    const speaker = make("span", { class: isNamed ? "who" : "unseen" }, `${says} `);
    const body = make("div", { class: "bubble", dir: "auto" }, speaker, ...this.content(message));
    const time = make("time", { datetime: message.at }, new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).format(at));
    const meta = make("div", { class: "meta" }, time);
    const row = make("div", { class: `row ${message.from}`, "data-id": message.id }, body, meta);
    if (isPending) return row;
    if (message.from === "person") this.finish(message, meta);
    const isSoon = last && at.getTime() - last.at < TOGETHER;
    if (!isSoon || message.from === "person") this.anchor = row;
    if (isSoon) last.row.classList.add("soon");
    if (goesOn) last.row.classList.add("goes-on");
    this.lastBubble = { from: message.from, at: at.getTime(), row };
    this.dayOf(at);
    return row;
  }

  // What a person said arrived, and may be an answer that they can change.
  private finish(message: Message, meta: HTMLElement): void {
    this.answered = { to: askedBy(message), edit: null };
    meta.append(make("span", { class: "done" }, icon("done"), make("span", { class: "unseen" }, this.say("sent"))));
    const { expects, edits } = message;
    if (!expects?.name || expects.type === "password" || edits) return;
    const text = this.textOf(message) || (message.files?.[0] ?? "");
    const edit = make("button", { type: "button", class: "edit", click: () => this.reader.edits({ ...message, text }) }, icon("edit"), this.say("edit"));
    edit.setAttribute("aria-label", `${this.say("edit")}: ${text.slice(0, 80)}`);
    meta.append(edit);
    this.answered.edit = edit;
  }

  private content(message: Message): Node[] {
    const parts: Node[] = [];
    if (message.edits && (message.text || message.files)) parts.push(make("span", { class: "note" }, `${this.say("edited")} `));
    const text = this.dayIn(message) || this.textOf(message);
    for (const name of message.files ?? []) parts.push(make("span", { class: "file" }, icon("attach"), make("bdi", {}, name)));
    if (!text) return parts;
    const said = message.rich ? rich(message.rich, this.root) : make("div", {}, ...linked(text));
    said.classList.add("text");
    parts.push(said);
    if (text.length > LONG || text.split("\n", MANY_LINES + 1).length > MANY_LINES) {
      said.classList.add("folded");
      const unfold = make("button", { type: "button", class: "unfold" }, this.say("all"));
      unfold.addEventListener("click", () => {
        said.classList.remove("folded");
        unfold.remove();
      });
      parts.push(unfold);
    }
    return parts;
  }

  // A day that was picked in the calendar, as people write it.
  private dayIn({ from, expects, text }: Message): string {
    const isDay = from === "person" && expects?.type === "date" && /^\d{4}-\d\d-\d\d$/.test(text);
    const at = new Date(isDay ? text : "");
    return at.getTime() ? new Intl.DateTimeFormat(this.language, { dateStyle: "long", timeZone: "UTC" }).format(at) : "";
  }

  private textOf(message: Message): string {
    if (message.from === "person" && message.expects?.type === "password") return SECRET;
    if (message.text || message.files) return message.text;
    if (message.edits) return this.say("edit"); // what was asked anew by that
    return message.choice ? this.labels.get(message.choice) ?? "…" : "";
  }

  private dayOf(at: Date): void {
    const day = new Intl.DateTimeFormat(this.language, { dateStyle: "full" }).format(at);
    if (day === this.lastDay) return;
    const isFirst = !this.lastDay;
    this.lastDay = day;
    const isToday = at.toDateString() === new Date().toDateString();
    if (!(isFirst && isToday)) this.place(make("p", { class: "day" }, day));
  }
}
