/**
 * The fuzzer behind `deno task fuzz`: every property with new seeds until the
 * time is over; ends at the first failure with the command that shows it again.
 */

import { properties } from "./all.ts";
import { fuzz, type Screen } from "./_fuzz.ts";
import { Tally } from "./_tally.ts";

const isTerminal = Deno.stdout.isTerminal();
const encoder = new TextEncoder();
let isLineOpen = false;

function closeLine(): void {
  if (isLineOpen) console.log();
  isLineOpen = false;
}

const screen: Screen = {
  line(text) {
    closeLine();
    console.log(text);
  },
  error(text) {
    closeLine();
    console.error(text);
  },
  ...isTerminal && {
    progress(text: string) {
      isLineOpen = true;
      Deno.stdout.writeSync(encoder.encode(`\r\x1b[K${text}`));
    },
  },
};

const tally = new Tally();
Deno.addSignalListener("SIGINT", () => {
  for (const row of tally.table()) screen.line(row);
  screen.line("Interrupted");
  Deno.exit(130);
});
Deno.exit(await fuzz(Deno.args, properties, screen, tally));
