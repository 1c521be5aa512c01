// Processes killed, networks cut, handshakes that never end, on both bindings.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createEvent } from "../mod.ts";
import { PubSubError } from "../errors.ts";
import type { HubFault } from "../iroh_hub.ts";
import type { SpokeStatus } from "../iroh_spoke.ts";
import { announce, type Binding } from "./_iroh.ts";
import { addressAt } from "./_raw_peer.ts";
import { testOnBindings } from "./_setting.ts";
import { UdpProxy } from "./_udp_proxy.ts";
import { envelopesOn, Log } from "./_waiting.ts";

const here = new URL(".", import.meta.url);

/** A hub or a spoke in another process, which prints lines of JSON. */
class PeerProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  address = "";
  port = 0;

  private constructor(script: string, args: string[]) {
    const path = new URL(script, here).pathname;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", path, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    let rest = "";
    this.#lines = this.#child.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(
        new TransformStream<string, string>({
          transform(chunk, controller) {
            const lines = (rest + chunk).split("\n");
            rest = lines.pop()!;
            for (const line of lines) controller.enqueue(line);
          },
        }),
      ).getReader();
  }

  static hub(
    binding: Binding,
    secretKey: string,
    port = 0,
  ): Promise<PeerProcess> {
    const args = [binding.name, secretKey, String(port)];
    return new PeerProcess("_hub_process.ts", args).#start();
  }

  static spoke(binding: Binding, address: string): Promise<PeerProcess> {
    const args = [binding.name, address];
    return new PeerProcess("_spoke_process.ts", args).#start();
  }

  async #start(): Promise<this> {
    return Object.assign(this, await this.#line());
  }

  async #line(): Promise<Record<string, unknown>> {
    const { value = "{}" } = await this.#lines.read();
    return JSON.parse(value);
  }

  /** The topics of every connection of a hub. */
  async topics(): Promise<string[][]> {
    await this.#input.write(new TextEncoder().encode("topics\n"));
    return (await this.#line()).topics as string[][];
  }

  /** It goes on holding its sockets, and does nothing. */
  stop(): void {
    this.#child.kill("SIGSTOP");
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#input.close().catch(() => {});
    await this.#lines.cancel();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

const newKey = () =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");

const SOON = { pingInterval: 200, pingTimeout: 200 };
const AT_ONCE = { minDelay: 1, maxDelay: 100 };

testOnBindings(
  "a killed hub is noticed by ping, and come back to with every topic",
  async (setting) => {
    const secretKey = newKey();
    const first = await PeerProcess.hub(setting.binding, secretKey);
    const statuses = new Log<SpokeStatus>();
    const on = await setting.endpoint();
    const options = {
      ...SOON,
      reconnect: AT_ONCE,
      // `@rayhanadev/iroh` dials the dead address until it forgets it.
      connectTimeout: 2000,
    };
    await announce(on.nodeId, on.port);
    const spoke = await setting.spoke(first, {
      ...options,
      on,
      onStatus: statuses.add,
    });
    const other = await setting.spoke(first, options);
    const topics = Array.from({ length: 50 }, (_, i) => `topic:${i}`).sort();
    for (const topic of topics) spoke.addEventListener(topic, () => {});
    const heard = envelopesOn(other, "relayed");
    await Promise.all([spoke.flush(), other.flush()]);
    assert.deepEqual((await first.topics()).sort(), [["relayed"], topics]);

    await first.kill();
    const lost = await statuses.find(({ type }) => type === "reconnecting");
    assert(lost.type === "reconnecting" && lost.error instanceof PubSubError);
    assert.equal(lost.error.code, "PING_TIMEOUT", "QUIC would take 30 s");
    assert.equal(spoke.state, "reconnecting");
    spoke.dispatchEvent(createEvent("queued", "", null));

    await using second = await PeerProcess.hub(
      setting.binding,
      secretKey,
      first.port,
    );
    await Promise.all([spoke.flush(), other.flush()]);
    assert.deepEqual((await second.topics()).sort(), [["relayed"], topics]);
    spoke.dispatchEvent(createEvent("relayed", "", "back again"));
    await heard.count(1);
    await Promise.all([spoke.close(), other.close()]);
  },
);

testOnBindings("a silent peer is found at both ends", async (setting) => {
  await using hubProcess = await PeerProcess.hub(setting.binding, newKey());
  const statuses = new Log<SpokeStatus>();
  const spoke = await setting.spoke(hubProcess, {
    ...SOON,
    reconnect: false,
    onStatus: statuses.add,
  });
  await spoke.flush();
  hubProcess.stop();
  const error = await spoke.closed;
  assert(error instanceof PubSubError);
  assert.equal(error.code, "PING_TIMEOUT");
  assert(
    statuses.all.some((one) => one.type === "error" && one.error === error),
  );

  const faults = new Log<HubFault>();
  const ended = new Log<string>();
  const hub = await setting.hub({
    ...SOON,
    onError: faults.add,
    onDisconnection: (_connection, { reason }) => ended.add(reason),
  });
  await using spokeProcess = await PeerProcess.spoke(
    setting.binding,
    hub.on.address,
  );
  const other = await setting.spoke(hub.on);
  assert.equal(hub.connections.size, 2);
  spokeProcess.stop();
  assert.deepEqual(await ended.count(1), ["ping timeout"]);
  assert.equal((faults.all[0]!.error as PubSubError).code, "PING_TIMEOUT");
  await other.flush();
  assert.equal(hub.connections.size, 1);
});

testOnBindings("an idle link stays, pinged", async (setting) => {
  const statuses = new Log<SpokeStatus>();
  const hub = await setting.hub({ pingInterval: 20, pingTimeout: 2000 });
  const spoke = await setting.spoke(hub.on, {
    pingInterval: 20,
    pingTimeout: 2000,
    onStatus: statuses.add,
  });
  // Some rounds of pings, counted by what else the process does meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await spoke.flush();
  assert.deepEqual(statuses.all.map(({ type }) => type), [
    "connecting",
    "open",
  ]);
});

testOnBindings(
  "handshakes that never end keep nobody out",
  async (setting) => {
    const on = await setting.endpoint();
    const hub = await setting.hub({ on });
    await using proxy = await UdpProxy.open(on.port);
    const reached = new Log<string>();
    proxy.passes = (towards) => {
      reached.add(towards);
      return towards === "server"; // The hub's answers never arrive.
    };
    const stuck: Promise<unknown>[] = [];
    for (let i = 0; i < 3; i++) {
      const client = await setting.endpoint();
      const address = await addressAt(client.endpoint, on.nodeId, proxy.port);
      const dialling: Promise<unknown> = setting.spoke({ address }, {
        on: client,
        connectTimeout: 300,
      });
      stuck.push(dialling.catch((error) => error));
      await reached.find(() =>
        reached.all.filter((towards) => towards === "client").length > i
      );
    }
    for (const error of await Promise.all(stuck)) {
      assert.match(String(error), /no answer in 300 ms/);
    }
    await addressAt(on.endpoint, on.nodeId, on.port); // DNS tells the truth.
    const spoke = await setting.spoke(on);
    await spoke.flush();
    assert.equal(hub.connections.size, 1);
  },
);

testOnBindings("a process that closed all it opened ends", async (setting) => {
  for (const order of ["spoke first", "hub first"]) {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        new URL("_leaving_process.ts", here).pathname,
        setting.binding.name,
        order,
      ],
      signal: AbortSignal.timeout(25_000), // QUIC gives up after 30 s.
    }).output();
    const [out = "", err = ""] = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    );
    assert.equal(out, "goodbye\n");
    assert.equal(code, 0, err);
  }
});

testOnBindings(
  "a peer that vanishes mid-frame harms nobody",
  async (setting) => {
    const ended = new Log<number | undefined>();
    const hub = await setting.hub({
      onDisconnection: (_connection, { code }) => ended.add(code),
    });
    const spoke = await setting.spoke(hub.on);
    const atHub = envelopesOn(hub, "a");
    const peer = await setting.rawPeer(hub.on);
    await peer.flush();
    await peer.write(Uint8Array.from([0, 0, 1, 0, 123]));
    peer.close();
    await ended.count(1);
    spoke.dispatchEvent(createEvent("a", "", null));
    await spoke.flush();
    assert.equal(atHub.all.length, 1);
  },
);
