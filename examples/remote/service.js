// A service that offers two node types to Wizard: `delivery.price` works by itself, and `delivery.slot` asks a person.
// It needs Node and nothing else. See README.md for how to start and register it.
"use strict";

const { createServer } = require("node:http");
const { answerHeaders, isSigned, secretOf } = require("./signing.js");

const secret = secretOf(process.env.REMOTE_SECRET);
const MAX_BODY = 1_000_000; // bytes: Wizard sends no more

// What was done, by the key of the call: Wizard may send a call again, and then nothing is done a second time. A real
// service keeps this in its database.
const done = new Map();
const booked = new Map(); // the slot's hour, by the run that has it

const price = {
  describe: () => ({
    title: "Price a delivery",
    summary: "Says what a delivery costs.",
    kind: "background",
    group: "delivery",
    ports: ["too_heavy"],
    outputs: ["price"],
    schema: {
      type: "object",
      properties: {
        weight: { type: ["number", "string"], title: "Weight", description: "In kilograms." },
        country: { type: "string", title: "Country", description: "Where it goes to, as CH." },
      },
      required: ["weight", "country"],
      additionalProperties: false,
    },
    documentation: "Parcels of more than 30 kg take the way out `too_heavy`.",
    example: { weight: 2, country: "CH" },
    example_output: { price: 9 },
  }),
  config: ({ config }) =>
    ["CH", "DE", "FR"].includes(config.country) || String(config.country).includes("{{")
      ? {}
      : { errors: { country: "nothing is delivered there" } },
  next: ({ config }) => {
    const weight = Number(config.weight);
    if (!Number.isFinite(weight)) return { error: { message: "the weight isn't a number" } };
    return weight > 30 ? { output: { price: null }, port: "too_heavy" } : { output: { price: 5 + 2 * weight } };
  },
};

const HOURS = ["9:00", "11:00", "15:00"];
const free = (run) => HOURS.filter((hour) => ![...booked].some(([other, taken]) => taken === hour && other !== run));
const asking = (day, run, error) => ({
  title: "When shall we come?",
  text: `These are the times that are free on ${day}.`,
  fields: [{ name: "hour", type: "choice", label: "Time", choices: free(run), ...(error ? { error } : {}) }],
  submit: "Book it",
});

const slot = {
  describe: () => ({
    title: "Choose a delivery slot",
    summary: "Asks when a delivery is to come, and books that.",
    kind: "foreground",
    group: "delivery",
    outputs: ["hour"],
    schema: {
      type: "object",
      properties: { day: { type: "string", title: "Day" } },
      required: ["day"],
      additionalProperties: false,
    },
    example: { day: "2026-12-01" },
    example_output: { hour: "9:00" },
    undoes: true,
  }),
  config: () => ({}),
  next: ({ config, input, run, state }) => {
    const asked = (state?.asked ?? 0) + 1;
    if (input === null) return { prompt: asking(config.day, run), state: { asked } };
    if (!free(run).includes(input.hour)) {
      return { prompt: asking(config.day, run, "This time has just been taken"), state: { asked } };
    }
    booked.set(run, input.hour);
    return { output: { hour: input.hour } };
  },
  remove: ({ run }) => {
    booked.delete(run);
    return {};
  },
};

const types = { "delivery.price": price, "delivery.slot": slot };

/** What is answered to a call: `next` and `remove` count once for each key. */
function answered(sent) {
  if (!Object.hasOwn(types, sent.type)) return { error: { message: `there is no node type ${sent.type} here` } };
  if (sent.call === "health") return { status: "ok" };
  if (sent.call === "close") return {};
  const once = `${sent.type} ${sent.call} ${sent.key}`;
  if (sent.key !== undefined && done.has(once)) return done.get(once);
  const type = types[sent.type];
  if (!Object.hasOwn(type, sent.call)) return { error: { message: `there is no call ${sent.call} here` } };
  const answer = type[sent.call](sent);
  if (sent.key !== undefined) done.set(once, answer);
  return answer;
}

async function bodyOf(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > MAX_BODY) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const server = createServer(async (request, response) => {
  const body = await bodyOf(request);
  if (body === null) return response.writeHead(413).end();
  if (!isSigned(secret, request.headers, body)) return response.writeHead(401).end();
  let answer;
  try {
    answer = answered(JSON.parse(body.toString()));
  } catch {
    return response.writeHead(500).end();
  }
  const text = Buffer.from(JSON.stringify(answer));
  response.writeHead(200, answerHeaders(secret, request.headers["webhook-id"], text)).end(text);
});

server.listen(Number(process.env.PORT ?? 8100), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}`);
});
