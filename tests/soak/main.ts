/**
 * The soak: `deno task soak --minutes N [--seed S] [--rate R]`.
 *
 * A hub on every transport, processes of spokes of each kind that come and go,
 * and faults at random: processes are killed, stopped, sent away. Every event is
 * numbered, and the first one that the delivery promise does not excuse ends
 * the run.
 */

import { parseArgs } from "node:util";
import { bindings } from "../_iroh.ts";
import { Conductor, Violation } from "./_conductor.ts";
import type { Kind } from "./_protocol.ts";
import { LiveLine, tableOf } from "./_screen.ts";

const HELP = `A hub and its spokes under load and faults, every event numbered.

Usage: npx deno task soak [--minutes N] [--seed S] [--rate R]

  --minutes  how long the load lasts, 1 unless given; may have a fraction
  --seed     a whole number that makes the faults of a former run again
  --rate     events sent a second, by all spokes together; 2000 unless given
  --help     this text

Exit status: 0 nothing was lost that may not be lost, 1 something was,
2 it cannot run like this, 128 and its number after a signal.`;

const SIGNALS = [["SIGINT", 2], ["SIGTERM", 15]] as const;
const GOOD = 0, BAD = 1, CANNOT_RUN = 2;
const MAX_SEED = 2 ** 31 - 1;

/** @throws {Error} When an argument is wrong. */
function readArguments() {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string" },
      rate: { type: "string", default: "2000" },
      help: { type: "boolean", short: "h" },
    },
  });
  const numberOf = (name: string, text: string, min: number, max: number) => {
    const number = text.trim() === "" ? NaN : Number(text);
    if (number >= min && number <= max) return number;
    throw new Error(
      `Cannot use --${name}: '${text}' is not a number from ${min} to ${max}`,
    );
  };
  const someSeed = `${Math.floor(Math.random() * MAX_SEED)}`;
  const seed = numberOf("seed", values.seed ?? someSeed, 0, MAX_SEED);
  if (!Number.isInteger(seed)) {
    throw new Error(
      `Cannot use --seed: '${values.seed}' is not a whole number`,
    );
  }
  return {
    isHelp: values.help === true,
    ms: 60_000 * numberOf("minutes", values.minutes, 0.1, 10_000),
    seed,
    rate: numberOf("rate", values.rate, 1, 100_000),
  };
}

function availableKinds(): Kind[] {
  const kinds: Kind[] = ["WebSocket"];
  for (const { name, unavailable } of bindings) {
    if (unavailable === undefined) kinds.push(name);
    else console.log(`Without ${name}: ${unavailable}`);
  }
  return kinds;
}

async function run(): Promise<number> {
  let options;
  try {
    options = readArguments();
  } catch (error) {
    const [line] = (error as Error).message.split("\n");
    console.error(`${line}\nTry: npx deno task soak --help`);
    return CANNOT_RUN;
  }
  if (options.isHelp) {
    console.log(HELP);
    return GOOD;
  }
  const { ms, seed, rate } = options;
  const kinds = availableKinds();
  const canStop = Deno.build.os !== "windows";
  console.log(
    `Soak of ${ms / 60_000} minutes on ${
      kinds.join(", ")
    }: --seed ${seed} --rate ${rate}`,
  );
  const conductor = new Conductor({ ms, seed, rate, kinds, canStop });
  let interrupted: number | undefined;
  const stopped = Promise.withResolvers<void>();
  for (const [signal, number] of SIGNALS) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => {
      interrupted = 128 + number;
      stopped.resolve();
    });
  }
  void conductor.started.then((count) =>
    console.log(`${count} processes run: a hub, and spokes in the others`)
  );
  let violation: unknown;
  {
    using _line = new LiveLine(conductor);
    try {
      await Promise.race([conductor.run(), stopped.promise]);
    } catch (error) {
      violation = error;
    }
    await conductor.kill();
  }
  if (violation !== undefined && interrupted === undefined) {
    const text = violation instanceof Violation
      ? violation.message
      : (violation as Error).stack;
    console.log(`VIOLATION with --seed ${seed}: ${text}`);
  }
  const violations = violation === undefined || interrupted ? 0 : 1;
  console.log(tableOf(conductor, violations));
  if (interrupted !== undefined) console.log("Interrupted");
  else if (violations === 0) console.log("Nothing was lost that may not be");
  return interrupted ?? (violation === undefined ? GOOD : BAD);
}

Deno.exit(await run());
