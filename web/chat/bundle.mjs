// `node chat/bundle.mjs FILE` makes one script of the chat's sources. Node itself takes the types out (22.13 and newer),
// so that nothing has to be installed for it. Each source has names of its own, and stands after those that it needs.
import { readFileSync, writeFileSync } from "node:fs";
import module from "node:module";

const SOURCES = ["messages", "server", "line", "memory", "drawing", "choices", "log", "menu", "dropping", "notice", "ways", "composer", "chat"];

if (!module.stripTypeScriptTypes) {
  console.error(`Node ${process.version} is too old to build the chat; take 22.13 or newer.`);
  process.exit(1);
}
process.removeAllListeners("warning");

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");

const style = read("chat.css")
  .replace(/\/\*[^]*?\*\//g, "")
  .replace(/\s+/g, " ")
  .replace(/ ?([{};,>]) ?/g, "$1")
  .replace(/: /g, ":")
  .trim();

function script(name) {
  return module
    .stripTypeScriptTypes(read(`${name}.ts`))
    .replace(/^import\b[^;]*;\n/gm, "")
    .replace(/^export /gm, "")
    .replace(/^\s*\/\/.*\n/gm, "")
    .replace(/[ \t]+\/\/ .*$/gm, "")
    .replace(/^\s+|[ \t]+$/gm, "");
}

const bundle = ['(()=>{"use strict";', `const STYLE=${JSON.stringify(style)};`, ...SOURCES.map(script), "})();", ""].join("\n");
writeFileSync(process.argv[2], bundle);
