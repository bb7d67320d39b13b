// Signatures as Standard Webhooks has them (standardwebhooks.com, version 1): what Wizard sends is checked, and what is
// answered is signed. Copy this file into a service of your own.
"use strict";

const { createHmac, timingSafeEqual } = require("node:crypto");

const TOLERANCE = 300; // seconds that two clocks may differ; what is older was overheard and sent again

/** The bytes of a secret, which is written as whsec_BASE64. */
function secretOf(written) {
  if (!/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(written ?? "")) {
    throw new Error("The secret must be whsec_BASE64, as `wizard remote-nodes add` prints it.");
  }
  return Buffer.from(written.slice("whsec_".length), "base64");
}

/** The signature of a body under an id at a time, which is in seconds since 1970. */
function signature(secret, id, at, body) {
  return "v1," + createHmac("sha256", secret).update(`${id}.${at}.`).update(body).digest("base64");
}

/** Whether a request is from Wizard, unchanged and sent just now. `headers` are those of node:http, `body` the bytes. */
function isSigned(secret, headers, body, now = Date.now() / 1000) {
  const id = headers["webhook-id"] ?? "";
  const at = headers["webhook-timestamp"] ?? "";
  if (!id || !/^[0-9]{1,12}$/.test(at) || Math.abs(now - Number(at)) > TOLERANCE) return false;
  const wanted = Buffer.from(signature(secret, id, at, body));
  return (headers["webhook-signature"] ?? "").split(" ").some((given) => {
    const bytes = Buffer.from(given);
    return bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
  });
}

/** The headers of an answer. Its id is that of the request after `re_`, so that neither can be taken for the other. */
function answerHeaders(secret, requestId, body, now = Date.now() / 1000) {
  const id = `re_${requestId}`;
  const at = String(Math.floor(now));
  return {
    "Content-Type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": at,
    "webhook-signature": signature(secret, id, at, body),
  };
}

module.exports = { answerHeaders, isSigned, secretOf };
