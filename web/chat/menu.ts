// What can be done at any time: a button, and a list of what it opens.
import { iconButton, make } from "./drawing";

export class Menu {
  readonly list: HTMLElement;
  readonly button: HTMLButtonElement;

  constructor(label: string, entries: [label: string, pressed: () => void][]) {
    this.list = make("ul", { class: "menu", id: "menu", role: "list", hidden: true }, ...entries.map((entry) => this.entry(...entry)));
    const toggles = { "aria-expanded": "false", "aria-controls": "menu" };
    this.button = iconButton("menu", label, () => this.toggle(!this.isOpen), toggles);
  }

  get isOpen(): boolean {
    return !this.list.hidden;
  }

  toggle(open: boolean): void {
    this.list.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.list.querySelector("button")?.focus();
  }

  // Closes it for whoever presses Escape, or something else than what is `around` it.
  watch(around: HTMLElement): void {
    around.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.isOpen) return;
      this.toggle(false);
      this.button.focus();
    });
    around.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !around.contains(relatedTarget as Node)) this.toggle(false);
    });
    around.getRootNode().addEventListener("pointerdown", (event) => {
      if (!event.composedPath().includes(around)) this.toggle(false);
    });
  }

  private entry(label: string, pressed: () => void): HTMLElement {
    const press = (): void => {
      this.toggle(false);
      this.button.focus();
      pressed();
    };
    return make("li", {}, make("button", { type: "button", click: press }, label));
  }
}
