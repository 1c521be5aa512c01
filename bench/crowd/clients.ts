/**
 * Many clients of one server that read all they are sent and look at none of it:
 * they should take as little as they can of the machine that they share with what
 * is measured. Arguments: the protocol, the server's port.
 */

import { Arrivals } from "../_arrivals.ts";
import { questions, say } from "../_process.ts";
import { type Question, roomTopic, type Subscribe } from "./_clients.ts";
import { type ProtocolName, protocols } from "./_protocols.ts";

/** More at once would overflow the queue of a listener. */
const AT_ONCE = 50;

const [name = "", port = ""] = Deno.args;
const protocol = protocols[name as ProtocolName];
const host = `127.0.0.1:${port}`;
const arrivals = new Arrivals();

class Client {
  readonly #conn: Deno.Conn;
  #last = "";
  #until: string | undefined;
  #onAnswer = () => {};

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
    void this.#read();
  }

  /** Says something and waits for the answer. */
  async say(send: Uint8Array, until: string): Promise<void> {
    this.#last = "";
    this.#until = until;
    const answered = new Promise<void>((resolve) => this.#onAnswer = resolve);
    for (let done = 0; done < send.length;) {
      done += await this.#conn.write(send.subarray(done));
    }
    await answered;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(4096);
    for (;;) {
      const length = await this.#conn.read(buffer).catch(() => null);
      if (length === null) {
        if (this.#until === undefined) return;
        throw new Error(`Closed, no ${this.#until} came: ${this.#last}`);
      }
      arrivals.add(length);
      if (this.#until === undefined) continue;
      this.#last += new TextDecoder().decode(buffer.subarray(0, length));
      if (this.#last.includes(this.#until)) {
        this.#until = undefined;
        this.#onAnswer();
      } else this.#last = this.#last.slice(-200);
    }
  }
}

const clients: Client[] = [];
async function connect(): Promise<void> {
  const hostname = "127.0.0.1";
  const client = new Client(await Deno.connect({ hostname, port: +port }));
  for (const { send, until } of protocol.connect(host)) {
    await client.say(send, until);
  }
  clients.push(client);
}

async function subscribe(
  i: number,
  { subscribe: n, first, own }: Subscribe,
): Promise<void> {
  const start = own ? first + i * n : first;
  const topics = Array.from({ length: n }, (_, k) => roomTopic(start + k));
  const { send, until } = protocol.subscribe(topics);
  await clients[i]!.say(send, until);
}

/** So many tasks, a few at a time. */
async function all(count: number, task: (i: number) => Promise<void>) {
  let next = 0;
  const worker = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

for await (const question of questions<Question>()) {
  if ("connect" in question) {
    await all(question.connect, connect);
    arrivals.clear();
    say(clients.length);
  } else if ("subscribe" in question) {
    const { from } = question;
    await all(clients.length - from, (i) => subscribe(from + i, question));
    arrivals.clear();
    say(clients.length);
  } else {
    say(await arrivals.until(question.came));
  }
}
Deno.exit(); // The reads that are under way would go on.
