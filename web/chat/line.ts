// The connection of a conversation: a socket that is opened again whenever it breaks, and requests where none passes.
import type { Message, Problem, Saying, Ticket, Work } from "./messages";
import { Refused } from "./messages";
import type { Server } from "./server";

const FIRST_PAUSE = 500; // milliseconds before a broken socket is opened again; doubled up to the longest
const LONGEST_PAUSE = 20_000;
const TRIES = 2; // sockets that never opened, after which there are requests for a while
const POLLING = 60_000; // milliseconds of requests before a socket is tried again
const OPENING = 4000; // milliseconds that a socket may take to open: some networks swallow it, Firefox holds it back
const SILENCE = 30_000; // milliseconds after something was sent in which a socket that works says something
const FLEETING = 1000; // milliseconds; one that broke earlier is as one that never opened

export interface Listener {
  heard(message: Message): void;
  // A message was dealt with: what is said to it is said.
  taken(id: string): void;
  refused(problem: Problem): void;
  works(work: Work): void;
  // Whether there is a connection. With a new one, what wasn't heard of yet is sent again.
  connected(there: boolean): void;
  // The run is gone, or isn't theirs any more.
  lost(refusal: Refused): void;
}

export class Line {
  private readonly server: Server;
  private readonly ticket: Ticket;
  private readonly listener: Listener;
  private last: string;
  private socket: WebSocket | null = null;
  private timer = 0;
  private pause = FIRST_PAUSE;
  private failures = 0;
  private polling: AbortController | null = null;
  private closed = false;
  private posts: Promise<void> = Promise.resolve();
  private readonly posted = new Map<string, AbortController>();
  private silence = 0;

  constructor(server: Server, ticket: Ticket, last: string, listener: Listener) {
    this.server = server;
    this.ticket = ticket;
    this.last = last;
    this.listener = listener;
    addEventListener("online", this.hurry);
    addEventListener("offline", this.drop);
    document.addEventListener("visibilitychange", this.hurry);
    addEventListener("pagehide", this.sleep);
    addEventListener("pageshow", this.hurry);
    this.open();
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN || this.polling !== null;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.polling?.abort();
    this.socket?.close();
    for (const post of this.posted.values()) post.abort();
    removeEventListener("pagehide", this.sleep);
    removeEventListener("pageshow", this.hurry);
    removeEventListener("online", this.hurry);
    removeEventListener("offline", this.drop);
    document.removeEventListener("visibilitychange", this.hurry);
  }

  // False where there is no connection: then it is sent with the next one. What is said behind a file waits for it.
  send(saying: Saying): boolean {
    if (!this.isOpen) return false;
    if (this.polling || this.posted.size) {
      this.post(saying);
      return true;
    }
    this.socket?.send(JSON.stringify(saying));
    clearTimeout(this.silence);
    this.silence = window.setTimeout(() => this.socket?.close(), SILENCE); // a network that went away tells nobody
    return true;
  }

  // One after another, so that they come in the order in which they were said.
  post(saying: Saying, progress?: (share: number) => void): void {
    if (this.posted.has(saying.id)) return; // it is on its way
    const stop = new AbortController();
    this.posted.set(saying.id, stop);
    this.posts = this.posts.then(async () => {
      try {
        stop.signal.throwIfAborted();
        await this.server.say(this.ticket, saying, progress, stop.signal);
        this.listener.taken(saying.id);
        if (this.polling) await this.catchUp();
      } catch (error) {
        const problem = error instanceof Refused ? error.problem : { status: 0, title: "" };
        if (!this.closed && !stop.signal.aborted) this.listener.refused({ ...problem, id: saying.id });
      } finally {
        this.posted.delete(saying.id);
      }
    });
  }

  // What isn't sent any more.
  stop(id: string): void {
    this.posted.get(id)?.abort();
  }

  // A page that is left keeps no socket open, so that a browser may show it again as it was.
  private readonly sleep = (): void => {
    this.socket?.close();
  };

  private readonly hurry = (): void => {
    if (document.hidden || this.closed || this.polling) return;
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    this.pause = FIRST_PAUSE;
    clearTimeout(this.timer);
    this.open();
  };

  private readonly drop = (): void => {
    this.polling?.abort();
    this.socket?.close();
    this.listener.connected(false);
  };

  private open(): void {
    if (this.closed) return;
    if (this.failures >= TRIES || typeof WebSocket === "undefined") {
      void this.poll();
      return;
    }
    const socket = this.server.socket(this.ticket, this.last);
    let opened = 0;
    this.socket = socket;
    const late = setTimeout(() => socket.close(), OPENING);
    socket.onopen = () => {
      clearTimeout(late);
      opened = performance.now();
      this.listener.connected(true);
    };
    socket.onmessage = (event) => {
      clearTimeout(this.silence);
      this.failures = 0;
      this.pause = FIRST_PAUSE;
      this.take(JSON.parse(String(event.data)));
    };
    socket.onclose = () => {
      clearTimeout(late);
      if (this.socket !== socket || this.closed) return;
      this.socket = null;
      this.listener.connected(false);
      if ((!opened || performance.now() - opened < FLEETING) && navigator.onLine) this.failures += 1;
      void this.retry();
    };
  }

  private take(frame: Message & { work?: Work; taken?: string } & Problem): void {
    if (frame.work) this.listener.works(frame.work);
    else if (frame.taken) this.listener.taken(frame.taken);
    else if (frame.status) this.listener.refused(frame);
    else this.hear(frame);
  }

  private hear(message: Message): void {
    this.last = message.id;
    this.listener.heard(message);
  }

  // A little apart from others, so that not all come back at once after a server was started anew.
  private async retry(): Promise<void> {
    const pause = this.pause * (0.5 + Math.random());
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    this.timer = window.setTimeout(() => this.open(), pause);
  }

  private async poll(): Promise<void> {
    const polling = new AbortController();
    this.polling = polling;
    const until = performance.now() + POLLING;
    try {
      await this.catchUp();
      this.listener.connected(true);
      while (performance.now() < until && !polling.signal.aborted) {
        for (const message of await this.server.said(this.ticket, this.last, true, polling.signal)) this.hearOnce(message);
      }
      this.failures = 0;
    } catch (error) {
      if (error instanceof Refused && error.isFinal) {
        this.closed = true;
        this.listener.lost(error);
        return;
      }
      if (!this.closed) this.listener.connected(false);
    } finally {
      this.polling = null;
    }
    if (!this.closed) void this.retry();
  }

  // What came by a request that was made beside another one is heard once.
  private readonly known = new Set<string>();

  private hearOnce(message: Message): void {
    if (this.known.has(message.id)) return;
    this.known.add(message.id);
    this.hear(message);
  }

  private async catchUp(): Promise<void> {
    for (const message of await this.server.said(this.ticket, this.last)) this.hearOnce(message);
  }
}
