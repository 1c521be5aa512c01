// Calls between two threads over a port of their own: how a scenario in one of
// them moves the end that is in the other.

import type { Far } from "./_conformance_wire.ts";

/** What a thread lets another call. */
type Calls = Record<string, (...args: never[]) => Promise<unknown>>;

type Message =
  | { readonly call: string; readonly args: unknown[]; readonly id: number }
  | { readonly answerTo: number; readonly value: unknown }
  | { readonly answerTo: number; readonly thrown: Thrown };

interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

/** One end of the calls. */
export class Remote {
  readonly #port: MessagePort;
  readonly #calls: Calls;
  readonly #answers = new Map<number, (message: Message) => void>();
  #lastId = 0;

  constructor(port: MessagePort, calls: object) {
    this.#port = port;
    this.#calls = calls as Calls;
    port.onmessage = ({ data }) => void this.#receive(data as Message);
  }

  /** @throws What is thrown there: its name, message and stack. */
  call<T>(name: string, ...args: unknown[]): Promise<T> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (answer) => {
        if ("thrown" in answer) {
          const { message, ...rest } = answer.thrown;
          reject(Object.assign(new Error(message), rest));
        } else resolve((answer as { value: unknown }).value as T);
      });
      this.#port.postMessage({ call: name, args, id } satisfies Message);
    });
  }

  close(): void {
    this.#port.close();
  }

  async #receive(message: Message): Promise<void> {
    if (!("call" in message)) {
      this.#answers.get(message.answerTo)?.(message);
      this.#answers.delete(message.answerTo);
      return;
    }
    const { call, args, id: answerTo } = message;
    try {
      const value = await this.#calls[call]!(...args as never[]);
      this.#port.postMessage({ answerTo, value } satisfies Message);
    } catch (error) {
      const { name, message, stack } = error as Error;
      const thrown = { name, message, stack };
      this.#port.postMessage({ answerTo, thrown } satisfies Message);
    }
  }
}

/** The end in the other thread, moved from this one. */
export function farBehind(remote: Remote): Far {
  return {
    dispatch: (envelopes) => remote.call("dispatch", envelopes),
    publish: (envelopes) => remote.call("publish", envelopes),
    flush: () => remote.call("flush"),
    close: () => remote.call("close"),
    listen: (topic) => remote.call("listen", topic),
    heard: () => remote.call("heard"),
    takeErrors: () => remote.call("takeErrors"),
  };
}
