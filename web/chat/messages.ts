// What is said in a conversation, as the JSON interface writes it (docs/chat.md), and the words that a chat itself says.

export interface Choice {
  choice: string;
  label: string;
  picked?: boolean;
}

export interface Message {
  id: string;
  from: "engine" | "person" | "operator";
  text: string;
  choices: Choice[];
  expects: { type: string; name: string; step: string } | null;
  at: string;
  choice?: string;
  edits?: string;
  files?: string[];
  rich?: Piece[];
}

// A part of a text with looks: the text, or what begins or, with a slash before it, ends there.
export interface Piece {
  kind: string;
  text?: string;
}

export interface SentFile {
  name: string;
  type: string;
  content: string;
}

// What somebody says: what is posted, or sent as a frame.
export interface Saying {
  id: string;
  text?: string;
  choice?: string;
  files?: SentFile[];
  edits?: string;
  replies?: string;
}

export interface Work {
  percent: number | null;
  text: string;
}

// What is wrong with a request (RFC 9457).
export interface Problem {
  status: number;
  title: string;
  detail?: string;
  id?: string;
}

export interface Ticket {
  id: string;
  token: string;
}

// `words` by what they are for, in `language`; the workflow's own are in that of its `texts`. `commands` is what the menu
// says for a person, `codes` what may be typed before a code from elsewhere.
export interface Wording {
  title: string;
  language: string;
  texts: string;
  direction: "ltr" | "rtl";
  largest: number;
  form: string;
  words: Record<string, string>;
  commands: Record<string, string>;
  codes: string[];
}

export function newId(): string {
  // Pages without https have no randomUUID.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }

  // Whether the same once more can't be taken either.
  get isFinal(): boolean {
    const status = this.problem.status;
    return status >= 400 && status < 500 && status !== 408 && status !== 429;
  }
}
