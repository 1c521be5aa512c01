// How this program was started, so that others can be told what to type.

import process from "node:process";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** What stands before a command: `npx alkpubsub`. */
export function programName(): string {
  const { npm_command, npm_lifecycle_event, INIT_CWD } = process.env;
  const main = new URL("../cli.ts", import.meta.url);
  if (!("Deno" in globalThis)) {
    return npm_lifecycle_event === "npx" ? "npx alkpubsub" : "alkpubsub";
  }
  if (main.protocol !== "file:") return "deno run -A jsr:@alkdev/pubsub/cli";
  // A task runs where its deno.json is, and says where it was started.
  if (INIT_CWD !== undefined) {
    return npm_command === "exec" ? "npx deno task cli" : "deno task cli";
  }
  const path = relative(process.cwd(), fileURLToPath(main));
  return `deno run -A ${/[^\w./-]/.test(path) ? `'${path}'` : path}`;
}
