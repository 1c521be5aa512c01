// A party's end of the protocol: answers the conductor until it says "stop".

import {
  briefly,
  type Call,
  type CallTable,
  readMessages,
  type Reply,
  type Told,
} from "./_protocol.ts";

export type Handlers<TCalls extends CallTable<TCalls>> = {
  [TName in Exclude<keyof TCalls, "sync">]: (
    args: TCalls[TName]["args"],
  ) => TCalls[TName]["result"] | Promise<TCalls[TName]["result"]>;
};

/** Tells the conductor; lines keep their order. */
export function report<TTold extends Told>(message: TTold): void {
  console.log(JSON.stringify(message));
}

/** Answers calls, then ends the process; so does the conductor's death. */
export async function answerCalls<TCalls extends CallTable<TCalls>>(
  handlers: Handlers<TCalls>,
): Promise<never> {
  // Ctrl-C reaches every process of a terminal; the conductor decides.
  Deno.addSignalListener("SIGINT", () => {});
  for await (const message of readMessages<Call>(Deno.stdin.readable)) {
    const answered = answer(handlers as ByName, message);
    if (message.call !== "stop") continue;
    await answered;
    Deno.exit(0);
  }
  Deno.exit(1);
}

/** A call does not wait for the one before: a flush may take its time. */
async function answer(
  handlers: ByName,
  { request, call, args }: Call,
): Promise<void> {
  try {
    const result = call === "sync" ? {} : await handlers[call]!(args as never);
    report<Reply>({ say: "reply", request, result });
  } catch (error) {
    report<Reply>({ say: "reply", request, error: briefly(error) });
  }
}

type ByName = Readonly<Record<string, (args: never) => unknown>>;
