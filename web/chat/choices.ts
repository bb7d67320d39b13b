// The buttons of the question that is open. One press answers it; where several answers can be picked, they are marked
// and sent together. Where a file is asked for, one leads to it.
import { icon, make } from "./drawing";
import type { Message, Wording } from "./messages";

export interface Picker {
  presses(choice: string, label: string): void;
  picks(text: string): void;
  choosesFile(): void;
}

export class Choices {
  readonly element: HTMLElement;
  private readonly wording: Wording;
  private readonly picker: Picker;

  constructor(message: Message, wording: Wording, picker: Picker) {
    this.wording = wording;
    this.picker = picker;
    this.element = make("ul", { class: "choices", "aria-label": this.say("choices"), role: "list" });
    if (message.expects?.type === "file") this.add(icon("attach"), this.say("attach")).onclick = () => picker.choosesFile();
    if (message.expects?.type === "choices") this.offerSeveral(message);
    else for (const { choice, label } of message.choices) this.offer(choice, label);
    this.element.addEventListener("keydown", (event) => this.move(event));
  }

  // Whether a message has any.
  static has(message: Message): boolean {
    return message.from === "engine" && (message.choices.length > 0 || message.expects?.type === "file");
  }

  focus(): void {
    this.element.querySelector("button")?.focus();
  }

  // They are of no use any more.
  close(): void {
    for (const button of this.buttons) button.disabled = true;
    this.element.remove();
  }

  // A press that couldn't be sent may be made again.
  reopen(): void {
    for (const button of this.buttons) button.disabled = false;
    this.element.hidden = false;
  }

  private get buttons(): NodeListOf<HTMLButtonElement> {
    return this.element.querySelectorAll("button");
  }

  private say(what: string): string {
    return this.wording.words[what] ?? what;
  }

  private add(...content: (Node | string)[]): HTMLButtonElement {
    const button = make("button", { type: "button", dir: "auto" }, ...content);
    this.element.append(make("li", {}, button));
    return button;
  }

  private offer(choice: string, label: string): void {
    this.add(label).onclick = (event) => {
      if ((event.currentTarget as HTMLButtonElement).disabled) return;
      this.shut();
      this.picker.presses(choice, label);
    };
  }

  // Until it is known that what was pressed arrived.
  private shut(): void {
    for (const button of this.buttons) button.disabled = true;
    this.element.hidden = true;
  }

  private offerSeveral(message: Message): void {
    const several = message.choices.filter(({ choice }) => /\.\d+$/.test(choice));
    const boxes = several.map(({ label, picked: isPicked }) => {
      const box = this.add(icon("done"), label);
      box.setAttribute("aria-pressed", String(isPicked === true));
      box.onclick = () => {
        box.setAttribute("aria-pressed", String(box.getAttribute("aria-pressed") === "false"));
        send.disabled = !picked().length;
      };
      return box;
    });
    const picked = (): number[] => [...boxes.keys()].filter((at) => boxes[at]?.getAttribute("aria-pressed") === "true");
    const send = this.add(this.say("send"));
    send.classList.add("main");
    send.disabled = !picked().length;
    send.onclick = () => {
      // By name, as they are read again later; a comma is what parts them.
      const parts = (label: string): boolean => /[,\n"“„«]/.test(label);
      const names = picked().map((at) => several[at]?.label ?? "");
      const text = names.some(parts) ? picked().map((at) => at + 1) : names;
      this.shut();
      this.picker.picks(text.join(", "));
    };
    for (const { choice, label } of message.choices) if (!several.some((other) => other.choice === choice)) this.offer(choice, label);
  }

  private move(event: KeyboardEvent): void {
    const onwards = getComputedStyle(this.element).direction === "rtl" ? -1 : 1;
    const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: onwards, ArrowLeft: -onwards }[event.key];
    if (!step) return;
    const buttons = [...this.buttons].filter((button) => !button.disabled);
    const at = buttons.findIndex((button) => button.matches(":focus"));
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
    event.preventDefault();
  }
}
