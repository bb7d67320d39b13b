// The calls that a chat makes. The token travels in a header, or as the subprotocol of a socket: never in an address.
import { Refused } from "./messages";
import type { Message, Problem, Saying, Ticket, Wording } from "./messages";

const PAGE = 200; // messages that one request gives
const WAIT = 25; // seconds that a request for what is new may take
const RICH = "rich=1"; // authors' bold, lists and links in messages
const PATIENCE = 20_000; // milliseconds for any other

export class Server {
  readonly root: string;
  readonly workflow: string;
  private readonly language: string;

  constructor(root: string, workflow: string, language: string) {
    this.root = new URL(root.endsWith("/") ? root : `${root}/`, document.baseURI).href;
    this.workflow = workflow;
    this.language = language;
  }

  get isOwn(): boolean {
    return new URL(this.root).origin === location.origin;
  }

  async wording(): Promise<Wording> {
    const query = this.language ? `?language=${encodeURIComponent(this.language)}` : "";
    return (await this.call("GET", `c/${encodeURIComponent(this.workflow)}/words${query}`)) as Wording;
  }

  async begin(key: string, input: unknown): Promise<Ticket & { messages: Message[] }> {
    const body = { workflow: this.workflow, ...(input ? { input } : {}), ...(this.language ? { language: this.language } : {}) };
    return (await this.call("POST", `api/v1/conversations?${RICH}`, body, "", { "Idempotency-Key": key })) as never;
  }

  // Has the conversation say where it is.
  async join(ticket: Ticket): Promise<void> {
    await this.call("POST", "api/v1/conversations", { run: ticket.id }, ticket.token);
  }

  // Goes on with what a code from elsewhere opens.
  async goOn(code: string, key: string): Promise<Ticket> {
    const { id, token } = (await this.call("POST", "api/v1/conversations", { code }, "", { "Idempotency-Key": key })) as Ticket;
    return { id, token };
  }

  // What was said after a message. With `waits`, as soon as there is something.
  async said(ticket: Ticket, after: string, waits = false, signal?: AbortSignal): Promise<Message[]> {
    const query = new URLSearchParams({ limit: String(PAGE), rich: "1", ...(after ? { after } : {}), ...(waits ? { wait: String(WAIT) } : {}) });
    const address = `${this.conversation(ticket)}/messages?${query}`;
    return ((await this.call("GET", address, undefined, ticket.token, {}, signal)) as { messages: Message[] }).messages;
  }

  // All that was said.
  async history(ticket: Ticket): Promise<Message[]> {
    const all: Message[] = [];
    for (;;) {
      const said = await this.said(ticket, all.at(-1)?.id ?? "");
      all.push(...said);
      if (said.length < PAGE) return all;
    }
  }

  async status(ticket: Ticket): Promise<string> {
    return ((await this.call("GET", `api/v1/runs/${ticket.id}`, undefined, ticket.token)) as { status: string }).status;
  }

  socket(ticket: Ticket, after: string): WebSocket {
    const address = new URL(`${this.conversation(ticket)}/ws`, this.root);
    address.search = RICH;
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    if (after) address.searchParams.set("after", after);
    return new WebSocket(address, ["wizard.conversation", `bearer.${ticket.token}`]);
  }

  // An XMLHttpRequest, as only that says how far an upload is.
  say(ticket: Ticket, saying: Saying, progress: (share: number) => void = () => undefined, signal?: AbortSignal): Promise<Message[]> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${this.root}${this.conversation(ticket)}/messages?${RICH}`);
      request.setRequestHeader("Authorization", `Bearer ${ticket.token}`);
      request.setRequestHeader("Content-Type", "application/json");
      request.responseType = "json";
      request.upload.onprogress = (event) => progress(event.loaded / event.total);
      request.onload = () => {
        if (request.status < 400 && request.response) resolve((request.response as { messages: Message[] }).messages);
        else reject(new Refused((request.response as Problem) ?? { status: request.status, title: request.statusText }));
      };
      request.onerror = request.onabort = () => reject(new TypeError("no connection"));
      signal?.addEventListener("abort", () => request.abort());
      request.send(JSON.stringify(saying));
    });
  }

  // Where the run goes on as pages: the browser gets the run's cookie where it may; from another site it is the link
  // that opens the run on any device.
  async pages(ticket: Ticket): Promise<string> {
    const address = `r/${ticket.id}`;
    if (!this.isOwn) return `${this.root}${address}?token=${ticket.token}`;
    await this.call("POST", `${address}/-/chat`, undefined, ticket.token);
    return this.root + address;
  }

  private conversation(ticket: Ticket): string {
    return `api/v1/conversations/${ticket.id}`;
  }

  private async call(
    method: string,
    address: string,
    body?: unknown,
    token = "",
    headers: Record<string, string> = {},
    signal: AbortSignal = AbortSignal.timeout(address.includes("wait=") ? (WAIT + 15) * 1000 : PATIENCE),
  ): Promise<unknown> {
    const answer = await fetch(this.root + address, {
      method,
      signal,
      cache: "no-store",
      credentials: "same-origin",
      headers: {
        ...headers,
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
    const said: unknown = isJson ? await answer.json() : null;
    if (!answer.ok) throw new Refused((said as Problem) ?? { status: answer.status, title: answer.statusText });
    return said;
  }
}
