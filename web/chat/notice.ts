// What is told above the conversation: that there is no connection, once somebody would notice, and that it is back.
import { make } from "./drawing";

const FADE = 8000; // milliseconds after which what was told of a connection goes
const BRIEF = 1500; // milliseconds: most breaks are over before anybody needs to know of them

export class Notice {
  readonly element = make("p", { class: "status", role: "status" });
  private readonly say: (what: string) => string;
  private fading = 0;
  private isThere = true; // the connection

  constructor(say: (what: string) => string) {
    this.say = say;
  }

  tell(text: string): void {
    this.element.textContent = text;
  }

  // Whether there is a connection now; gives whether that is new.
  connected(there: boolean): boolean {
    const was = this.isThere;
    this.isThere = there;
    if (was || there) clearTimeout(this.fading);
    if (!there && was) this.fading = window.setTimeout(() => this.tell(this.say("offline")), BRIEF);
    if (there && this.element.textContent) {
      this.tell(this.say("online"));
      this.fading = window.setTimeout(() => this.tell(""), FADE);
    }
    return was !== there;
  }
}
