// `hub`: who may connect, what it keeps, and how it ends.

import assert from "node:assert/strict";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { Command, endOf, HubCommand } from "./_command_line.ts";
import { temporaryFolder } from "./_temporary_folder.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** What a server answers to a request for a WebSocket. */
function upgrade(url: string, headers: Record<string, string>) {
  const { hostname, port } = new URL(url);
  return new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      const lines = Object.entries({
        Host: `${hostname}:${port}`,
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        ...headers,
      }).filter(([, value]) => value !== "")
        .map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`GET / HTTP/1.1\r\n${lines.join("")}\r\n`);
    });
    socket.once("error", reject);
    socket.once("data", (data) => {
      resolve(String(data).split("\r\n")[0]!);
      socket.destroy();
    });
  });
}

Deno.test("hub --secret-key keeps the node id, for nobody else to read", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "hub.key");
  const args = ["--no-websocket", "--local", "--secret-key", file];
  const ids: (string | undefined)[] = [];
  for (let i = 0; i < 2; i++) {
    await using hub = new HubCommand(args);
    ids.push((await hub.info).nodeId);
    assert.equal((await hub.interrupt()).code, 0);
  }
  assert.match(ids[0]!, /^[0-9a-f]{64}$/);
  assert.equal(ids[1], ids[0]);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const key = await endOf(["key", file]);
  assert.deepEqual([key.code, key.stdout], [0, `${ids[0]}\n`]);

  const text = await readFile(file, "utf8");
  await chmod(file, 0o640);
  const readable = await endOf(["hub", ...args]);
  assert.deepEqual([readable.code, readable.stdout], [1, ""]);
  assert.match(
    readable.stderr,
    /^alkpubsub: .* its mode is 0640; chmod 600 .*\n$/,
  );
  assert.equal(await readFile(file, "utf8"), text);

  await chmod(file, 0o600);
  await writeFile(file, "no key");
  const wrong = await endOf(["hub", ...args]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /does not hold 64 hexadecimal digits/);
});

Deno.test("hub --allow lets in one node id over iroh, and nobody over WebSocket", async () => {
  await using folder = await temporaryFolder();
  const alice = join(folder.path, "alice.key");
  const mallory = join(folder.path, "mallory.key");
  const [id, other] = await Promise.all(
    [alice, mallory].map(async (file) =>
      (await endOf(["key", file])).stdout.trim()
    ),
  );
  await using hub = new HubCommand(["--local", "--allow", id!]);
  const { ticket = "", urls } = await hub.info;
  assert.deepEqual(urls, []);
  const ping = (file: string) =>
    endOf(["ping", "-c", "1", "--hub", ticket, "--secret-key", file]);
  const allowed = await ping(alice);
  assert.equal(allowed.code, 0, allowed.stderr);
  const refused = await ping(mallory);
  assert.equal(refused.code, 1);
  assert.ok(
    refused.stderr.endsWith(`it has to --allow ${other}\n`),
    refused.stderr,
  );
  await hub.noting(other!.slice(0, 20));

  for (
    const [words, why] of [
      [["--allow", id!, "--port", "0"], /--port needs --websocket/],
      [["--allow", "alice"], /64 hexadecimal digits/],
      [["--allow", id!, "--no-iroh"], /no use with --no-iroh/],
      [["--no-iroh", "--no-websocket"], /nothing to serve/],
      [["--redis", "a", "--nats", "b"], /do not go together/],
      [["--origin", "example.com"], /--origin is an origin/],
      [["--token", "x"], /no use without --dashboard/],
    ] as const
  ) {
    const { code, stderr } = await endOf(["hub", ...words]);
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, why);
  }
});

Deno.test("hub lets in programs, and pages only that it was told of", async () => {
  await using hub = HubCommand.webSocket("--origin", "https://example.com");
  const url = await hub.url();
  for (
    const [headers, expected] of [
      [{}, 101],
      [{ Origin: "https://example.com" }, 101],
      [{ Origin: "https://example.com.evil.test" }, 403],
      [{ Origin: "http://example.com" }, 403],
      [{ Origin: "null" }, 403],
      // A name of theirs that leads here (DNS rebinding).
      [{ Origin: "http://evil.test", Host: "evil.test" }, 403],
    ] as const
  ) {
    const status = await upgrade(url, headers);
    assert.ok(
      status.includes(` ${expected} `),
      `${JSON.stringify(headers)}: ${status}`,
    );
  }
  await hub.noting(
    "a page of http://evil.test was refused: --origin lets it in",
  );
  const response = await fetch(url.replace(/^ws/, "http"));
  await response.body?.cancel();
  assert.equal(response.status, 426);
});

Deno.test("hub says in one line that its port is taken", async () => {
  await using hub = HubCommand.webSocket();
  const { port } = new URL(await hub.url());
  const { code, stdout, stderr } = await endOf([
    "hub",
    "--no-iroh",
    "--port",
    port,
  ]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(
    stderr,
    `alkpubsub: cannot listen on 127.0.0.1:${port}: it is in use\n`,
  );
});

Deno.test("hub tells people what it is and what to type, and faults a few a second", async () => {
  await using hub = new Command(
    ["hub", "--local", "--port", "0", "--no-relay"],
  );
  const line = await hub.noting("WebSocket");
  const [url = ""] = /ws:\/\/\S+/.exec(line) ?? [];
  const nodeId = await hub.noting("node id");
  assert.match(nodeId, /^node id {4}[0-9a-f]{64}$/);
  await hub.noting(`sub --pretty message.sent --hub ${url}`);
  await hub.noting("sub --pretty message.sent --hub endpoint");
  await hub.noting("clients do not hear each other");
  for (let i = 0; i < 30; i++) {
    // One that comes again and again, and many that do not.
    await upgrade(url, { Origin: "https://evil.test" });
    await upgrade(url, { Origin: `https://evil${i}.test` });
  }
  const { code, stdout, stderr } = await hub.interrupt();
  assert.deepEqual([code, stdout], [0, ""]);
  const refused = stderr.split("\n").filter((one) => one.includes("evil"));
  assert.equal(refused.length, 11);
  assert.match(refused[10]!, /evil\.test .* \(29 times more\)$/);
  assert.match(stderr, /21 lines more of this kind\n/);
  assert.match(stderr, /0 connections, 0 events in, 0 events out/);
});

Deno.test("a hub that is ended sends what is queued; a second Ctrl-C ends it at once", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  await using sub = new Command(
    ["sub", "a", "--count", "1000", "--hub", url],
  );
  await sub.noting("listening");
  await endOf(["pub", "a", "{}", "--repeat", "1000", "--hub", url]);
  assert.equal((await hub.interrupt()).code, 0);
  assert.equal((await sub.ended).code, 0);

  await using stuck = HubCommand.webSocket();
  await using stopped = new Command(["sub", "a", "--hub", await stuck.url()]);
  await stopped.noting("listening");
  stopped.signal("SIGSTOP"); // The hub waits for it to take what is queued.
  stuck.signal("SIGINT");
  await stuck.noting("closing; Ctrl-C again ends at once");
  assert.equal((await stuck.interrupt()).code, 130);
});

Deno.test("hub answers malformed requests for a WebSocket, and says nothing of them", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  for (const name of ["Sec-WebSocket-Key", "Connection"]) {
    assert.match(await upgrade(url, { [name]: "" }), / 4\d\d /, name);
  }
  const { code, stderr } = await hub.interrupt();
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^closing; Ctrl-C again ends at once\n0 connections, [^\n]+\n$/,
  );
});

Deno.test("hub closes though the body of a request never ends, the dashboard's too", async () => {
  await using hub = HubCommand.webSocket("--dashboard", "0");
  const { urls: [url = ""], dashboard = "" } = await hub.info;
  const sockets = await Promise.all([url, dashboard].map(async (one) => {
    const { hostname, port } = new URL(one);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {}); // It is cut off.
    socket.write(
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\nbegun",
    );
    await once(socket, "data"); // It is answered, and its body is not over.
    return socket;
  }));
  const { code, stderr } = await hub.interrupt();
  assert.equal(code, 0, stderr);
  for (const socket of sockets) {
    const closed = socket.closed || once(socket, "close");
    socket.destroy();
    await closed;
  }
});

Deno.test("a first Ctrl-C ends a hub that has not begun", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as { port: number };
  const connected = once(silent, "connection");
  await using hub = HubCommand.webSocket(
    "--redis",
    `redis://127.0.0.1:${port}`,
  );
  await connected;
  const { code, stderr } = await hub.interrupt();
  silent.close();
  assert.equal(code, 130);
  assert.equal(stderr, "closing; Ctrl-C again ends at once\n");
});

Deno.test("hub --verbose tells of clients that end as they should by 1000", async () => {
  await using hub = HubCommand.webSocket("--verbose");
  const url = await hub.url();
  for (const words of [["pub", "a", "[1]"], ["ping", "-c", "1"]]) {
    assert.equal((await endOf([...words, "--hub", url])).code, 0);
  }
  const { stderr } = await hub.interrupt();
  const ends = stderr.split("\n").filter((line) => line.startsWith("- "));
  assert.equal(ends.length, 2, stderr);
  for (const end of ends) assert.match(end, / 1000$/);
});
