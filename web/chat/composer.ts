// Where people write: Enter sends, Shift and Enter break the line. What is asked for decides the keyboard that a
// telephone shows, and whether there is a calendar or a file to choose.
import { icon, iconButton, make } from "./drawing";
import type { SentFile, Wording } from "./messages";

const MOST = 100_000; // characters of a text
const KEYBOARDS: Record<string, string> = {
  number: "decimal",
  integer: "numeric",
  amount: "decimal",
  money: "decimal",
  email: "email",
  phone: "tel",
  url: "url",
};

export interface Writer {
  // `question` is the id of the one that stood there when somebody began.
  writes(text: string, isSecret: boolean, question: string): void;
  attaches(file: SentFile, question: string): void;
  stopsEditing(): void;
}

export class Composer {
  readonly element: HTMLFormElement;
  private readonly wording: Wording;
  private readonly writer: Writer;
  private readonly label: HTMLLabelElement;
  private readonly text: HTMLTextAreaElement;
  private readonly secret: HTMLInputElement;
  private readonly day: HTMLInputElement;
  private readonly dayButton: HTMLButtonElement;
  private readonly file: HTMLInputElement;
  private readonly attach: HTMLButtonElement;
  private readonly editing: HTMLElement;
  private readonly error: HTMLElement;
  private kind = "text";
  private question = "";
  private readonly begun = new Map<HTMLElement, string>(); // the question that a text was begun at, by where it stands

  constructor(wording: Wording, writer: Writer) {
    this.wording = wording;
    this.writer = writer;
    const say = (what: string): string => wording.words[what] ?? what;
    this.label = make("label", { class: "unseen", for: "text" }, say("write"));
    this.text = make("textarea", { id: "text", rows: "1", dir: "auto", placeholder: say("write"), maxlength: String(MOST), enterkeyhint: "send" });
    this.secret = make("input", { id: "secret", type: "password", autocomplete: "off", placeholder: say("write"), "aria-label": say("write"), hidden: true });
    this.day = make("input", { type: "date", class: "day-input", tabindex: "-1", "aria-hidden": "true" });
    this.dayButton = iconButton("date", say("date"), () => this.pickDay(), { hidden: true });
    this.file = make("input", { type: "file", hidden: true, "aria-label": say("attach") });
    this.attach = iconButton("attach", say("attach"), () => this.chooseFile(), { hidden: true });
    const send = make("button", { type: "submit", class: "send", "aria-label": say("send"), title: say("send") }, icon("send"));
    const stop = iconButton("close", say("stop-editing"), () => writer.stopsEditing());
    this.editing = make("div", { class: "editing", hidden: true }, make("span", {}, icon("edit"), say("editing")), stop);
    this.error = make("p", { class: "error", role: "alert", hidden: true });
    const box = make("div", { class: "box" }, this.label, this.text, this.secret, this.day, this.dayButton, this.attach, this.file);
    const line = make("div", { class: "line" }, box, send);
    this.element = make("form", { class: "composer", novalidate: true }, this.editing, this.error, line);
    this.listen();
  }

  // What is asked now: the type of a field, or "" for nothing, and the question's id.
  asks(type: string, question = ""): void {
    this.kind = type;
    this.question = question;
    const isSecret = type === "password";
    this.text.hidden = isSecret;
    this.secret.hidden = !isSecret;
    this.secret.value = "";
    this.begun.delete(this.secret);
    this.dayButton.hidden = type !== "date";
    this.attach.hidden = type !== "file";
    this.text.inputMode = KEYBOARDS[type] ?? "text";
    this.text.autocapitalize = type === "email" || type === "url" ? "off" : "sentences";
  }

  edits(text: string | null): void {
    this.editing.hidden = text === null;
    this.text.value = text ?? "";
    this.begun.delete(this.text);
    this.text.select();
    this.grow();
  }

  get takesFiles(): boolean {
    return this.kind === "file";
  }

  chooseFile(): void {
    this.file.click();
  }

  focus(): void {
    (this.secret.hidden ? this.text : this.secret).focus();
  }

  // Letters that are typed while a button or what was said has the focus.
  catches({ key, target, ctrlKey, metaKey, altKey, isComposing }: KeyboardEvent): void {
    const isLetter = [...key].length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey && !isComposing;
    if (isLetter && (target as Element).closest(".log") && !this.element.hidden) this.focus();
  }

  tell(error: string): void {
    this.error.hidden = !error;
    this.error.textContent = error;
  }

  private listen(): void {
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.writer.stopsEditing();
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send();
    });
    this.text.addEventListener("input", () => this.grow());
    for (const input of [this.text, this.secret]) input.addEventListener("input", () => this.begins(input));
    this.day.addEventListener("change", () => {
      if (this.day.value) this.writer.writes(this.day.value, false, this.begun.get(this.day) ?? this.question);
      this.day.value = "";
    });
    this.file.addEventListener("change", () => void this.take(this.file.files));
    this.text.addEventListener("paste", (event) => {
      if (this.takesFiles && event.clipboardData?.files.length) void this.take(event.clipboardData.files);
    });
  }

  private send(): void {
    const input = this.secret.hidden ? this.text : this.secret;
    const text = input.value.trim();
    if (!text) {
      input.focus();
      return;
    }
    const question = this.begun.get(input) ?? this.question;
    this.begun.delete(input);
    input.value = "";
    this.tell("");
    this.grow();
    this.writer.writes(text, input === this.secret, question);
    input.focus();
  }

  private begins(input: HTMLInputElement | HTMLTextAreaElement): void {
    if (!input.value) this.begun.delete(input);
    else if (!this.begun.has(input)) this.begun.set(input, this.question);
  }

  private grow(): void {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 160)}px`;
  }

  private pickDay(): void {
    this.begun.set(this.day, this.question);
    try {
      this.day.showPicker();
    } catch {
      this.day.focus();
    }
  }

  // The first of these files; what can't be sent is told.
  async take(files: FileList | null): Promise<void> {
    const file = files?.[0];
    if (!file) return;
    const { question } = this;
    this.file.value = "";
    // Base64 has four characters for three bytes.
    if (file.size * 4 > this.wording.largest * 3) {
      this.tell(this.wording.words["too-large"] ?? "");
      return;
    }
    this.tell("");
    const address = await new Promise<string>((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(String(reader.result));
      reader.onerror = () => reject(reader.error ?? new Error("unreadable"));
      reader.readAsDataURL(file);
    }).catch(() => "");
    if (!address && file.size) this.tell(this.wording.words["unreadable"] ?? "");
    else this.writer.attaches({ name: file.name, type: file.type, content: address.slice(address.indexOf(",") + 1) }, question);
  }
}
