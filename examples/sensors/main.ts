/**
 * A fleet of sensors over iroh: `deno task example:sensors` starts a hub and five
 * sensors on this machine. On several:
 *
 *     deno task example:sensors hub --reach network
 *     deno task example:sensors sensor --reach network --name attic TICKET
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { REACHES, readSecretKey } from "../_endpoint.ts";
import { onInterrupt } from "../_interrupt.ts";
import { Children } from "./_children.ts";
import { isName } from "./events.ts";
import { startHub } from "./hub.ts";
import { startSensor } from "./sensor.ts";

const USAGE =
  `Usage: deno task example:sensors                a hub and five sensors
       deno task example:sensors hub            a hub, which prints its ticket
       deno task example:sensors sensor TICKET  a sensor

  --reach machine  from where others can come: ${REACHES.join(", ")}
  --key FILE       the identity, made when there is none; a new one each time
                   when left out
  --port 4433      of a hub: the UDP port, so that old tickets hold with --key
  --allow NODE     of a hub: who may connect; several times for several
  --name attic     of a sensor
  --interval 1000  of a sensor: milliseconds between two readings
  --story 8000     without a mode: milliseconds until a sensor is killed, 0 for
                   never`;

const { values, positionals: [mode, ticket] } = parseArgs({
  allowPositionals: true,
  options: {
    reach: { type: "string", default: "machine" },
    key: { type: "string" },
    port: { type: "string", default: "0" },
    allow: { type: "string", multiple: true, default: [] },
    name: { type: "string", default: "sensor" },
    interval: { type: "string", default: "1000" },
    story: { type: "string", default: "8000" },
    /** Ends with its standard input. */
    attached: { type: "boolean", default: false },
  },
});
const reach = REACHES.find((one) => one === values.reach);
const isRight = mode === undefined || mode === "hub" ||
  mode === "sensor" && ticket !== undefined && isName(values.name);
if (!reach || !isRight) {
  console.error(USAGE);
  process.exit(2);
}
const secretKey = values.key ? await readSecretKey(values.key) : undefined;

if (mode === "sensor") {
  const close = await startSensor({
    ...{ reach, secretKey, ticket: ticket!, name: values.name },
    interval: Number(values.interval),
  });
  const end = onInterrupt(close);
  if (values.attached) process.stdin.on("end", end).resume();
} else {
  let children: Children | undefined;
  const end = onInterrupt(async () => {
    await children?.close();
    await hub.close();
  });
  const hub = await startHub({
    ...{ reach, secretKey, port: Number(values.port), allow: values.allow },
    onInterrupt: end,
    ...mode === undefined && {
      onCommand: (words, note) => children?.obey(words, note) ?? false,
      help: "; kill NAME, start NAME",
    },
  });
  if (mode === undefined) {
    children = new Children(hub.ticket);
    const story = Number(values.story);
    if (story > 0) children.tellStory(story, (text) => hub.note(text));
  } else {
    const more = reach === "machine" ? "" : ` --reach ${reach}`;
    hub.note(
      `A sensor: npx deno task example:sensors sensor${more} ${hub.ticket}`,
    );
  }
}
