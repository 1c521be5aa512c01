/**
 * Events that are kept: `deno task example:log` starts the server. Beside it:
 *
 *     deno task example:log publish order.placed 7 '{"item":"tea","count":2}'
 *     deno task example:log follow --after 0
 *     deno task example:log query --type order.placed
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { createEvent } from "@alkdev/pubsub";
import * as v from "valibot";
import { onInterrupt } from "../_interrupt.ts";
import { LogClient } from "./client.ts";
import { KEPT, lineOf, type LogEvent, shop, type ShopType } from "./events.ts";
import { startServer } from "./server.ts";
import { readLog } from "./_store.ts";

const USAGE = `Usage: deno task example:log [serve]                 keeps events
       deno task example:log publish TYPE ID JSON    until it is on the disk
       deno task example:log follow [--after N]      what was, then what comes
       deno task example:log query [options]         reads the file

  TYPE           ${Object.keys(shop).join(", ")}
  --file FILE    of serve and query
  --keep TYPE    of serve: a type that is kept, several times for several;
                 when left out ${KEPT.join(", ")}
  --type TYPE --id ID --after N --limit 100    of query
  --url URL      of publish and follow: ws://127.0.0.1:8003`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    file: {
      type: "string",
      default: fileURLToPath(new URL(".events.db", import.meta.url)),
    },
    keep: { type: "string", multiple: true, default: [...KEPT] },
    type: { type: "string" },
    id: { type: "string" },
    after: { type: "string", default: "0" },
    limit: { type: "string", default: "100" },
    url: { type: "string", default: "ws://127.0.0.1:8003" },
  },
});
const { file, type, id, url } = values;
const [mode = "serve", ...rest] = positionals;
const after = Number(values.after);
const limit = Number(values.limit);
if (!Number.isSafeInteger(after) || !Number.isSafeInteger(limit)) usage();

if (mode === "serve") {
  const types = values.keep.map(shopType);
  const port = Number(process.env.PORT ?? 8003);
  startServer({ file, port, types });
} else if (mode === "publish" && rest.length === 3) {
  await publish(shopType(rest[0]!), rest[1]!, JSON.parse(rest[2]!));
} else if (mode === "follow") {
  await follow();
} else if (mode === "query") {
  query();
} else {
  usage();
}

function query(): void {
  try {
    for (const entry of readLog(file, { after, limit, type, id })) {
      console.log(lineOf(entry));
    }
  } catch (error) {
    console.error(`Cannot read ${file}: ${error}`);
    process.exitCode = 1;
  }
}

async function publish(
  type: ShopType,
  id: string,
  payload: unknown,
): Promise<void> {
  // The server would drop it without a word.
  const { output } = parsed(type, payload);
  try {
    await using client = await LogClient.connect(url, { reconnect: false });
    client.publish(createEvent<string, unknown>(type, id, output) as LogEvent);
    await client.sync();
    console.log("It is on the disk, if it is of a type that is kept");
  } catch (error) {
    console.error(String(error));
    process.exitCode = 1;
  }
}

function parsed(type: ShopType, payload: unknown) {
  const result = v.safeParse(shop[type], payload);
  if (result.success) return result;
  console.error(`That is no ${type}: ${result.issues[0].message}`);
  process.exit(1);
}

async function follow(): Promise<void> {
  const client = await LogClient.connect(url, {
    waitOnFirstConnect: true,
    onStatus: ({ type }) => console.error(type),
  });
  client.follow(after, (entry) => console.log(lineOf(entry)), (error) => {
    console.error(error.message);
    process.exit(1);
  });
  onInterrupt(() => client[Symbol.asyncDispose]());
}

function shopType(type: string): ShopType {
  return Object.hasOwn(shop, type) ? type as ShopType : usage();
}

function usage(): never {
  console.error(USAGE);
  process.exit(2);
}
