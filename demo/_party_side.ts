// A party's end of the protocol: answers the conductor until it says "stop".

import {
  briefly,
  type Call,
  type Calls,
  readMessages,
  type Reply,
  type Report,
} from "./_protocol.ts";

export type Handlers = {
  [TName in Exclude<keyof Calls, "sync">]: (
    args: Calls[TName]["args"],
  ) => Calls[TName]["result"] | Promise<Calls[TName]["result"]>;
};

/** Tells the conductor; lines keep their order. */
export function report(message: Report | Reply): void {
  console.log(JSON.stringify(message));
}

/** Answers calls, then ends the process; so does the conductor's death. */
export async function answerCalls(handlers: Handlers): Promise<never> {
  // Ctrl-C reaches every process of a terminal; the conductor decides.
  Deno.addSignalListener("SIGINT", () => {});
  for await (const message of readMessages<Call>(Deno.stdin.readable)) {
    const answered = answer(handlers, message);
    if (message.call !== "stop") continue;
    await answered;
    Deno.exit(0);
  }
  Deno.exit(1);
}

/** A call does not wait for the one before: a flush may take its time. */
async function answer(
  handlers: Handlers,
  { request, call, args }: Call,
): Promise<void> {
  const handle: (args: never) => unknown = call === "sync"
    ? () => ({})
    : handlers[call];
  try {
    report({ say: "reply", request, result: await handle(args as never) });
  } catch (error) {
    report({ say: "reply", request, error: briefly(error) });
  }
}
