// Elements, and texts in them. What anybody typed becomes text nodes and nothing else: no markup is ever read from it.
import type { Piece } from "./messages";

type Child = Node | string;
type Attributes = Record<string, string | boolean | EventListener>;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const SHAPES: Record<string, string> = {
  send: "M3 11.2 20.5 3.5 15 21l-3.6-7.2L3 11.2Zm8.4 2.6L20.5 3.5",
  menu: "M12 5h.01M12 12h.01M12 19h.01",
  attach: "m20 11.5-8.6 8.6a5.4 5.4 0 0 1-7.6-7.6l8.9-8.9a3.6 3.6 0 0 1 5.1 5.1l-8.9 8.8a1.8 1.8 0 0 1-2.5-2.5l8-8",
  edit: "M4 20h4L19 9l-4-4L4 16v4Zm9-13 4 4",
  date: "M4 6h16v14H4V6Zm0 5h16M8 3v5m8-5v5",
  close: "m6 6 12 12M18 6 6 18",
  done: "m5 12.5 4.5 4.5L19 7.5",
  down: "m6 9 6 6 6-6",
};

export function icon(shape: string): SVGSVGElement {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("aria-hidden", "true");
  drawn.setAttribute("class", `icon icon-${shape}`);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[shape] ?? "");
  drawn.append(path);
  return drawn;
}

export function iconButton(shape: string, label: string, pressed: EventListener, more: Attributes = {}): HTMLButtonElement {
  return make("button", { type: "button", class: "tool", "aria-label": label, title: label, click: pressed, ...more }, icon(shape));
}

const LINK = /https?:\/\/[^\s<>"“”«»\u200e\u200f\u202a-\u202e\u2066-\u2069]{3,2000}/g;
const TRAILING = /[.,:;!?)\]}'’]+$/;

// A text with its addresses as links. Closing brackets and full stops after an address aren't its own.
export function linked(text: string): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const found = match[0];
    const pairs = (found.match(/\(/g)?.length ?? 0) === (found.match(/\)/g)?.length ?? 0);
    const address = pairs && found.endsWith(")") ? found : found.replace(TRAILING, "");
    nodes.push(document.createTextNode(text.slice(at, match.index)));
    nodes.push(make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address));
    at = match.index + address.length;
  }
  nodes.push(document.createTextNode(text.slice(at)));
  return nodes;
}

const ELEMENTS = ["p", "ul", "ol", "li", "strong", "em"] as const;
const OUTSIDE = /^https?:/;
const LEADS_TO = /^(https?|mailto|tel):/;

// An author's text with its looks: nothing but these elements, and links that leave the chat open. `root` is where the
// forms are, from which an address of their own site is meant.
export function rich(pieces: Piece[], root: string): HTMLElement {
  const all = make("div", { class: "rich" });
  const open: HTMLElement[] = [all];
  for (const { kind, text = "" } of pieces) {
    const around = open.at(-1) ?? all;
    const tag = ELEMENTS.find((known) => known === kind);
    if (kind === "text") around.append(...(open.some((each) => each.localName === "a") ? [text] : linked(text)));
    else if (kind.startsWith("/")) open.length > 1 && open.pop();
    else {
      const inner = tag ? make(tag, ["p", "ul", "ol"].includes(tag) ? { dir: "auto" } : {}) : kind === "link" ? link(text, root) : make("span");
      if (tag === "ol" && text) inner.setAttribute("start", text);
      around.append(inner);
      open.push(inner);
    }
  }
  return all;
}

function link(address: string, root: string): HTMLElement {
  const href = URL.canParse(address, root) ? new URL(address, root).href : "";
  if (!LEADS_TO.test(href)) return make("span");
  return make("a", { href, rel: "noopener noreferrer", ...(OUTSIDE.test(href) ? { target: "_blank" } : {}) });
}
