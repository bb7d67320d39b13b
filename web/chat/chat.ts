// <wizard-chat src="https://forms.example/" workflow="passport">: a conversation, as an element for any page.
//
//   src        where the forms are; where the script comes from, unless given
//   workflow   which one is talked through
//   language   of the chat's own words, where it isn't the workflow's
//   input      what the run is handed, as a JSON object
//   scheme     "light" or "dark"; as the reader's device is, unless given
//   autofocus  what is written goes into the chat from the beginning, where nobody touches a screen
//   run, token a run that is gone on with
//
// The page around it may have the strictest policy: the style is a constructed one, nothing is evaluated, and only `src`
// is connected to. Without scripts, what stands inside the element is shown.
import { Composer } from "./composer";
import { make } from "./drawing";
import { Dropping } from "./dropping";
import { Line } from "./line";
import { Log, SECRET } from "./log";
import { Memory } from "./memory";
import { Menu } from "./menu";
import { Refused, newId } from "./messages";
import type { Message, Problem, Saying, SentFile, Ticket, Wording } from "./messages";
import { Notice } from "./notice";
import { Server } from "./server";
import { ending, failure, welcome } from "./ways";

declare const STYLE: string;

const script = document.currentScript as HTMLScriptElement | null;
const HERE = script?.src ? new URL("../", script.src).href : document.baseURI; // beside static/
const OVER = ["completed", "cancelled", "expired"]; // runs in which nothing is asked any more
const FINE = matchMedia("(pointer: fine)"); // with others, a keyboard that comes up hides half of the chat

class WizardChat extends HTMLElement {
  private server!: Server;
  private memory!: Memory;
  private wording!: Wording;
  private log!: Log;
  private composer!: Composer;
  private line: Line | null = null;
  private ticket: Ticket | null = null;
  private box!: HTMLElement;
  private panel!: HTMLElement;
  private notice!: Notice;
  private readonly dropping = new Dropping();
  private waiting = new Map<string, { saying: Saying; label: string }>();
  private underWay = new Set<string>();
  private edited: Message | null = null;
  private byKeyboard = false;
  private isAwaited = false; // what is said next, by who said something here
  private isOver = false;
  private asked = ""; // the type of what is asked now
  private question = ""; // the id of the message that asks it
  private readonly replied = new Map<string, string>(); // by the id of a question, that of what was written to it
  private last = ""; // the id of the message that was heard last

  connectedCallback(): void {
    if (this.shadowRoot) {
      if (this.ticket && !this.line) void this.open(this.ticket); // it was moved to another place
      return;
    }
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this.server = new Server(this.getAttribute("src") ?? HERE, this.getAttribute("workflow") ?? "", this.getAttribute("language") ?? "");
    this.memory = new Memory(this.server.root, this.server.workflow);
    this.box = make("div", { class: "chat", "aria-busy": "true" });
    root.append(this.box);
    const takes = (): boolean => Boolean(this.composer?.takesFiles) && !this.isOver;
    this.dropping.watch(this.box, takes, (files) => void this.composer.take(files));
    this.box.addEventListener("keydown", (event) => {
      this.byKeyboard = true;
      this.composer?.catches(event);
    });
    this.box.addEventListener("pointerdown", () => (this.byKeyboard = false));
    void this.begin();
  }

  disconnectedCallback(): void {
    this.line?.close();
    this.line = null;
  }

  // -- a conversation ------------------------------------------------------------------------------------

  private async begin(): Promise<void> {
    try {
      this.wording = await this.server.wording();
    } catch (error) {
      this.fail(error);
      return;
    }
    this.draw();
    const [run, token] = [this.getAttribute("run"), this.getAttribute("token")];
    this.removeAttribute("token");
    if (run && token) {
      this.memory.ticket = { id: run, token };
      this.memory.isHere = false;
      await this.resume({ id: run, token }, true);
      return;
    }
    const ticket = this.memory.ticket;
    if (ticket) await this.resume(ticket, false);
    else await this.start();
    if (this.hasAttribute("autofocus") && FINE.matches && !this.panel.childElementCount) this.composer.focus();
  }

  private async start(): Promise<void> {
    this.isOver = false;
    try {
      this.log.works({ percent: null, text: "" });
      const begun = await this.server.begin(newId() + newId(), JSON.parse(this.getAttribute("input") || "null"));
      this.ticket = { id: begun.id, token: begun.token };
      this.memory.ticket = this.ticket;
      this.show(begun.messages);
      await this.open(this.ticket);
    } catch (error) {
      this.fail(error);
    } finally {
      this.log.works(null);
    }
  }

  // Who reloads the page goes on; who comes back is asked. `joins` where the run came from its pages.
  private async resume(ticket: Ticket, joins: boolean): Promise<void> {
    this.ticket = ticket;
    const isReload = this.memory.isHere;
    try {
      if (joins) await this.server.join(ticket);
      this.show(await this.server.history(ticket));
      this.isOver = OVER.includes(await this.server.status(ticket));
    } catch (error) {
      if (error instanceof Refused && error.isFinal) await this.anew();
      else this.fail(error);
      return;
    }
    this.memory.isHere = true;
    await this.open(ticket);
    if (this.isOver) this.over();
    else if (!isReload && !joins) this.welcome();
  }

  private async open(ticket: Ticket): Promise<void> {
    for (const saying of this.memory.waiting) {
      if (this.log.has(saying.id)) continue;
      this.waiting.set(saying.id, { saying, label: saying.text ?? "" });
      this.log.send(saying, saying.text ?? "", "waiting");
    }
    this.line = new Line(this.server, ticket, this.last, {
      heard: (message) => this.hear(message),
      taken: (id) => this.taken(id),
      refused: (problem) => this.refused(problem),
      works: (work) => this.log.works(work),
      connected: (there) => this.connected(there),
      lost: () => void this.anew(),
    });
  }

  private show(messages: Message[]): void {
    for (const message of messages) this.take(message);
  }

  private take(message: Message): void {
    this.last = message.id;
    this.log.add(message);
    if (message.from !== "engine") return;
    this.asked = message.expects?.type ?? "";
    this.question = message.expects?.name ? message.id : "";
    if (!this.edited) this.composer.asks(this.asked, this.question);
  }

  // -- what is heard -------------------------------------------------------------------------------------

  private hear(message: Message): void {
    const isNew = !this.log.has(message.id);
    this.take(message);
    if (message.from === "person") {
      this.waiting.delete(message.id);
      this.remember();
      return;
    }
    if (!this.underWay.size) this.log.works(null);
    if (!isNew || message.from !== "engine") return;
    if (!message.expects && !message.choices.length) {
      void this.lookForTheEnd(message);
      return;
    }
    this.attend();
    this.isAwaited = this.byKeyboard = false;
  }

  // Who answered goes on: by keyboard at the buttons, where there are any; else where one writes.
  private attend(): void {
    if (this.byKeyboard && this.log.focusChoices()) return;
    if (this.byKeyboard || (this.isAwaited && FINE.matches && !this.log.asksByButtons)) this.composer.focus();
  }

  private async lookForTheEnd(message: Message): Promise<void> {
    const status = this.ticket && (await this.server.status(this.ticket).catch(() => null));
    if (this.last !== message.id || !status) return;
    if (OVER.includes(status)) this.over();
    else if (status === "working") this.log.works({ percent: null, text: "" });
  }

  private taken(id: string): void {
    this.underWay.delete(id);
    this.waiting.delete(id);
    this.remember();
    if (!this.underWay.size) this.log.works(null);
  }

  private refused(problem: Problem): void {
    const id = problem.id ?? "";
    this.underWay.delete(id);
    if (!this.underWay.size) this.log.works(null);
    if (problem.status === 0 && !this.line?.isOpen) this.log.mark(id, "waiting");
    else this.log.mark(id, "failed", problem.detail ?? problem.title);
    this.log.reopen();
  }

  private connected(there: boolean): void {
    const isNew = this.notice.connected(there);
    if (!there && isNew) {
      this.underWay.clear();
      this.log.works(null);
      for (const id of this.waiting.keys()) this.log.mark(id, "waiting");
    }
    if (there) for (const { saying } of [...this.waiting.values()]) this.pass(saying);
  }

  // -- what is said --------------------------------------------------------------------------------------

  // What is written to a `question` answers that one, whatever is asked by the time that it arrives. Who writes on before
  // the next one is there writes to that.
  private sends(saying: Omit<Saying, "id">, label = "", question = ""): void {
    const whole: Saying = { id: newId(), ...saying };
    if (this.edited) whole.edits = this.edited.id;
    else if (question && !this.replied.has(question)) {
      whole.replies = question;
      this.replied.set(question, whole.id);
    }
    this.stopEditing();
    this.panel.replaceChildren();
    this.waiting.set(whole.id, { saying: whole, label });
    this.log.send(whole, label, "sending");
    this.isAwaited = true;
    this.remember();
    this.pass(whole);
  }

  private async writes(text: string, isSecret: boolean, question: string): Promise<void> {
    const code = isSecret || this.edited ? null : this.codeIn(text);
    if (!code || !(await this.goesOnWith(code))) this.sends({ text }, isSecret ? SECRET : text, question);
  }

  // "continue 7KQX-2MPA": a code that was got elsewhere.
  private codeIn(text: string): string | null {
    const [, way, code] = /^\/?(.+?)[\s:]+(\w{4}[\s-]?\w{4})$/.exec(text) ?? [];
    return code && this.wording.codes.some((each) => each.toLowerCase() === way?.toLowerCase()) ? code : null;
  }

  // Whether it opens a run. What is no code, or none any more, is said like anything else.
  private async goesOnWith(code: string): Promise<boolean> {
    try {
      const ticket = await this.server.goOn(code, newId() + newId());
      this.leave();
      this.memory.ticket = ticket;
      this.draw();
      await this.resume(ticket, false);
      return true;
    } catch (error) {
      if (error instanceof Refused && error.isFinal) return false;
      this.notice.tell(error instanceof Refused ? error.message : this.say("offline"));
      return true;
    }
  }

  // The button that had the focus goes.
  private presses(saying: Omit<Saying, "id">, label: string, question = ""): void {
    this.sends(saying, label, question);
    if (this.byKeyboard) this.log.element.focus();
  }

  private pass(saying: Saying): void {
    this.log.mark(saying.id, "sending");
    const { line } = this;
    if (saying.files && line?.isOpen) line.post(saying, (share) => this.uploads(saying.id, share));
    else if (!saying.files && line?.send(saying)) this.isAnswered(saying.id);
    else this.log.mark(saying.id, "waiting");
  }

  private uploads(id: string, share: number): void {
    if (share < 1) {
      this.log.progress(id, share);
      return;
    }
    this.log.mark(id, "sending");
    this.isAnswered(id);
  }

  // What was said arrived, or will within a moment.
  private isAnswered(id: string): void {
    this.underWay.add(id);
    this.log.works({ percent: null, text: "" });
  }

  private discard(id: string): void {
    this.line?.stop(id);
    for (const [question, reply] of this.replied) if (reply === id) this.replied.delete(question);
    this.taken(id);
    this.log.reopen();
  }

  private retry(id: string): void {
    const waits = this.waiting.get(id);
    if (waits) this.pass(waits.saying);
  }

  private remember(): void {
    const kept = [...this.waiting.values()].filter(({ saying, label }) => !saying.files && label !== SECRET);
    this.memory.waiting = kept.map(({ saying }) => saying);
  }

  // A file has no words to change: its question is asked again.
  private edit(message: Message): void {
    if (message.files) {
      this.sends({ edits: message.id }, this.say("edit"));
      return;
    }
    this.edited = message;
    this.composer.asks("text");
    this.composer.edits(message.text);
    this.composer.focus();
  }

  private stopEditing(): void {
    if (!this.edited) return;
    this.edited = null;
    this.composer.edits(null);
    this.composer.asks(this.asked, this.question);
  }

  // -- what is drawn -------------------------------------------------------------------------------------

  private say(what: string): string {
    return this.wording.words[what] ?? what;
  }

  private draw(): void {
    const { wording } = this;
    this.log = new Log(wording, this.server.root, {
      presses: (choice, label) => this.presses({ choice }, label),
      picks: (text) => this.presses({ text }, text, this.question),
      choosesFile: () => this.composer.chooseFile(),
      edits: (message) => this.edit(message),
      retries: (id) => this.retry(id),
      discards: (id) => this.discard(id),
    });
    this.composer = new Composer(wording, {
      writes: (text, isSecret, question) => void this.writes(text, isSecret, question),
      attaches: (file: SentFile, question) => this.sends({ files: [file] }, "", question),
      stopsEditing: () => this.stopEditing(),
    });
    this.panel = make("div", { class: "panel" });
    this.notice = new Notice((what) => this.say(what));
    const menu = new Menu(this.say("menu"), this.entries());
    const head = make("div", { class: "head" }, make("p", { class: "title", dir: "auto" }, wording.title), menu.button, menu.list);
    this.box.lang = wording.language;
    this.box.dir = wording.direction;
    this.dropping.element.textContent = this.say("drop");
    const middle = make("div", { class: "middle" }, this.notice.element, this.log.element, this.log.below, this.dropping.element);
    this.box.replaceChildren(head, middle, this.panel, this.composer.element);
    this.box.removeAttribute("aria-busy");
    menu.watch(head);
  }

  private entries(): [string, () => void][] {
    const { commands } = this.wording;
    const says = (label: string, command: string): [string, () => void] => [
      this.say(label),
      () => this.sends({ text: commands[command] ?? command }),
    ];
    return [
      says("menu-back", "back"),
      says("menu-review", "review"),
      says("menu-help", "help"),
      [this.say("menu-restart"), () => void (this.isOver ? this.anew() : this.sends({ text: commands["restart"] ?? "restart" }))],
      [this.say("menu-pages"), () => void this.toPages()],
      says("menu-elsewhere", "elsewhere"),
    ];
  }

  private async toPages(): Promise<void> {
    if (!this.ticket) return;
    try {
      const address = await this.server.pages(this.ticket);
      if (this.server.isOwn) location.assign(address);
      else open(address, "_blank", "noopener,noreferrer");
    } catch (error) {
      this.notice.tell(error instanceof Refused ? error.message : this.say("offline"));
    }
  }

  private welcome(): void {
    this.panel.replaceChildren(...welcome((what) => this.say(what), () => this.goOn(), () => void this.anew()));
  }

  private goOn(): void {
    this.panel.replaceChildren();
    if (this.ticket) this.server.join(this.ticket).catch(() => undefined); // it says where they are
    this.composer.focus();
  }

  private over(): void {
    this.isOver = true;
    this.composer.element.hidden = true;
    this.panel.replaceChildren(ending((what) => this.say(what), () => void this.anew(), () => void this.toPages()));
    this.log.toEnd();
  }

  private async anew(): Promise<void> {
    this.leave();
    this.memory.ticket = null;
    this.draw();
    await this.start();
    if (this.byKeyboard) this.composer.focus();
  }

  private leave(): void {
    this.line?.close();
    this.line = this.ticket = null;
    this.waiting.clear();
    this.underWay.clear();
    this.replied.clear();
    this.isOver = false;
    this.last = "";
  }

  private fail(error: unknown): void {
    const form = this.wording?.form ?? `w/${encodeURIComponent(this.server.workflow)}`;
    const told = failure(error, this.wording, this.server.root + form, () => void this.again());
    if (!this.panel) this.box.replaceChildren(told);
    else this.panel.replaceChildren(told);
  }

  private async again(): Promise<void> {
    this.line?.close();
    this.line = null;
    await this.begin();
  }
}

if (!customElements.get("wizard-chat")) customElements.define("wizard-chat", WizardChat);
