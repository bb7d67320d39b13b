// What a browser remembers of a chat: which run it is, and what was written and isn't sent yet. Where a browser keeps
// nothing, the page remembers it as long as it is open.
import type { Saying, Ticket } from "./messages";

const MOST_WAITING = 50; // messages

function stored<T>(storage: () => Storage, key: string): T | null {
  try {
    return JSON.parse(storage().getItem(key) ?? "null") as T | null;
  } catch {
    return null;
  }
}

function store(storage: () => Storage, key: string, value: unknown): void {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, JSON.stringify(value));
  } catch {
    // As the first lines say.
  }
}

export class Memory {
  private readonly key: string;

  constructor(root: string, workflow: string) {
    this.key = `wizard-chat ${root} ${workflow}`;
  }

  get ticket(): Ticket | null {
    return stored<Ticket>(() => localStorage, this.key);
  }

  set ticket(ticket: Ticket | null) {
    store(() => localStorage, this.key, ticket);
    this.isHere = ticket !== null;
    if (!ticket) this.waiting = [];
  }

  // Whether this tab has been in the conversation already: then it was reloaded, and nobody came back.
  get isHere(): boolean {
    return stored<boolean>(() => sessionStorage, this.key) === true;
  }

  set isHere(here: boolean) {
    store(() => sessionStorage, this.key, here || null);
  }

  // Without passwords and files, which are never kept.
  get waiting(): Saying[] {
    return stored<Saying[]>(() => sessionStorage, `${this.key} waiting`) ?? [];
  }

  set waiting(sayings: Saying[]) {
    store(() => sessionStorage, `${this.key} waiting`, sayings.length ? sayings.slice(0, MOST_WAITING) : null);
  }
}
