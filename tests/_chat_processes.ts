// The server and the terminal of examples/chat, as processes.

import { type Guest, isSame } from "./_chat_guests.ts";
import { Example } from "./_example.ts";
import { number0 } from "./_iroh.ts";

/** The server. */
export class ChatServer extends Example {
  /** `http://127.0.0.1:<port>/` */
  url = "";
  ticket = "";

  /**
   * @param folder For the key, which makes the ticket the same again.
   * @param port Any free one when left out.
   */
  static async start(folder: string, port = "0"): Promise<ChatServer> {
    const args = ["--key", `${folder}/key`];
    const server = new ChatServer("chat", args, { PORT: port });
    const [, found] = await server.find(/http:\/\/localhost:(\d+)/);
    server.url = `http://127.0.0.1:${found}/`;
    [server.ticket] = await server.find(/endpoint\w+/);
    return server;
  }

  get port(): string {
    return new URL(this.url).port;
  }
}

/** Somebody at a terminal, over iroh. */
export class TerminalGuest extends Example implements Guest {
  static async join(server: ChatServer, name: string): Promise<TerminalGuest> {
    const args = ["--name", name, server.ticket];
    const guest = new TerminalGuest("chat:terminal", args);
    await guest.find(/You are/);
    return guest;
  }

  say(text: string): Promise<void> {
    return this.type(text);
  }

  hears(message: string): Promise<unknown> {
    return this.lines.find((line) => messageIn(line) === message);
  }

  sees(...names: string[]): Promise<unknown> {
    const here = /^\* Here: (.*)$/;
    return this.#saidLast(
      here,
      ([, now = ""]) => isSame(now.split(", "), names),
    );
  }

  knows(state: string): Promise<unknown> {
    return this.#saidLast(
      /^\* (Online|Reconnecting)/,
      ([, now]) => now === state,
    );
  }

  /** Resolves when the last line that matches passes. */
  #saidLast(
    pattern: RegExp,
    passes: (match: RegExpMatchArray) => boolean,
  ): Promise<unknown> {
    return this.lines.find(() => {
      const match = this.lines.all.findLast((line) => pattern.test(line))
        ?.match(pattern);
      return !!match && passes(match);
    });
  }

  shown(): Promise<string[]> {
    return Promise.resolve(this.lines.all.flatMap((line) => {
      return messageIn(line) ?? [];
    }));
  }
}

/** `09:41 Ada: hello` */
function messageIn(line: string): string | undefined {
  return line.match(/^\d\d:\d\d (.*)$/)?.[1];
}

/** One test with a server, which is started anew by `restart`. */
export function testChat(
  name: string,
  fn: (server: ChatServer, restart: () => Promise<ChatServer>) => Promise<void>,
  ignore = false,
): void {
  Deno.test({
    name: `chat: ${name}`,
    ignore: ignore || number0.unavailable !== undefined,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "pubsub-chat-" });
      const first = await ChatServer.start(folder);
      const servers = [first];
      try {
        await fn(first, async () => {
          const next = await ChatServer.start(folder, first.port);
          servers.push(next);
          return next;
        });
      } finally {
        for (const server of servers) await server.stop();
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
