// The chat of examples/chat: a terminal over iroh and clients over WebSocket in
// the same rooms. What the page makes of it is in chat_page_test.ts.

import assert from "node:assert/strict";
import { joinHubs } from "../examples/chat/_join.ts";
import { visitorId } from "../examples/_visitor_id.ts";
import { MAX_HISTORY } from "../examples/chat/events.ts";
import { createEvent } from "../envelope.ts";
import type { EventsOf } from "../typed_event_target.ts";
import { createWebSocketClientEventTarget } from "../websocket_client.ts";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import { findChromium, openBrowser } from "./_browser.ts";
import {
  ClientGuest,
  type Guest,
  PageGuest,
  socketUrl,
} from "./_chat_guests.ts";
import { type ChatServer, TerminalGuest, testChat } from "./_chat_processes.ts";
import { answerToUpgrade } from "./_example.ts";
import { envelopesOn } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** A client that is no chat: it takes what comes, and says what it likes. */
async function openRaw(server: ChatServer) {
  const key = crypto.randomUUID();
  const id = await visitorId(key);
  const spoke = await createWebSocketClientEventTarget(socketUrl(server, key));
  return { id, spoke, [Symbol.asyncDispose]: () => spoke.close() };
}

function messageFrom(id: string, text: string) {
  const from = { id, name: "Mallory" };
  return { id: crypto.randomUUID(), from, text, at: 0 };
}

Deno.test("joinHubs brings an event to each of three hubs once, and never back", async () => {
  type Events = EventsOf<{ "job.done": number; "job.begun": number }>;
  const hubs = [1, 2, 3].map(() =>
    createWebSocketServerEventTarget<Events>({ relay: true })
  );
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    hubs[Number(new URL(request.url).pathname.slice(1))]!.addConnection(socket);
    return response;
  });
  const parting = new AbortController();
  joinHubs(hubs, ["job.done"], { signal: parting.signal });

  const clients = await Promise.all(
    [0, 0, 1, 1, 2, 2].map((hub) =>
      createWebSocketClientEventTarget<Events>(
        `ws://127.0.0.1:${server.addr.port}/${hub}`,
      )
    ),
  );
  const logs = clients.map((client) => {
    const log = envelopesOn(client, "job.done");
    client.addEventListener("job.begun", ({ detail }) => log.add(detail));
    return log;
  });
  const flushAll = () => Promise.all(clients.map((client) => client.flush()));
  await flushAll();

  // What is passed on is passed on at once: a second round would see a loop.
  for (const [i, client] of clients.entries()) {
    client.dispatchEvent(createEvent("job.done", "7", i));
    await client.flush();
    await flushAll();
    await flushAll();
  }
  for (const [i, log] of logs.entries()) {
    assert.deepEqual(
      log.all.map(({ type, id, payload }) => [type, id, payload]),
      [0, 1, 2, 3, 4, 5].filter((sender) => sender !== i)
        .map((sender) => ["job.done", "7", sender]),
    );
    log.all.length = 0;
  }

  // Other types, and all of them once the hubs are parted, stay where they are.
  clients[0]!.dispatchEvent(createEvent("job.begun", "7", 0));
  await clients[0]!.flush();
  parting.abort();
  clients[0]!.dispatchEvent(createEvent("job.done", "8", 0));
  await clients[0]!.flush();
  await flushAll();
  assert.deepEqual(
    logs.map(({ all }) => all.map(({ type }) => type)),
    [[], ["job.begun", "job.done"], [], [], [], []],
  );

  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(hubs.map((hub) => hub.close()));
});

/** The same story with a page, and with a client in its place. */
async function shareRoom(
  join: (server: ChatServer, name: string) => Promise<Guest>,
  first: ChatServer,
  restart: () => Promise<ChatServer>,
): Promise<void> {
  await using ada = await TerminalGuest.join(first, "Ada");
  await using ben = await join(first, "Ben");
  // It knows no message by its id, as those who show them do.
  await using raw = await openRaw(first);
  const heard = envelopesOn(raw.spoke, "chat.message:lobby");
  await raw.spoke.flush();
  await Promise.all([ada.sees("Ada", "Ben"), ben.sees("Ada", "Ben")]);

  await ada.say("over iroh");
  await ben.hears("Ada: over iroh");
  await ben.say("over a socket");
  await ada.hears("Ben: over a socket");
  await raw.spoke.flush();
  assert.deepEqual(
    heard.all.map(({ payload }) => (payload as { text: string }).text),
    ["over iroh", "over a socket"],
  );

  const cleo = await join(first, "Cleo");
  await cleo.hears("Ada: over iroh");
  await cleo.hears("Ben: over a socket");
  await Promise.all(
    [ada, ben, cleo].map((guest) => guest.sees("Ada", "Ben", "Cleo")),
  );
  await cleo[Symbol.asyncDispose]();
  await Promise.all([ada.sees("Ada", "Ben"), ben.sees("Ada", "Ben")]);

  assert.equal(await first.stop(), 0);
  await Promise.all([ada.knows("Reconnecting"), ben.knows("Reconnecting")]);
  await ben.say("typed offline");
  await ben.hears("Ben: typed offline");
  const second = await restart();
  assert.equal(second.url, first.url);
  assert.equal(second.ticket, first.ticket);
  await Promise.all([ada.knows("Online"), ben.knows("Online")]);
  await ada.hears("Ben: typed offline");
  await Promise.all([ada.sees("Ada", "Ben"), ben.sees("Ada", "Ben")]);
  await ada.say("and back");
  await ben.hears("Ada: and back");
  for (const guest of [ada, ben]) {
    assert.deepEqual(await guest.shown(), [
      "Ada: over iroh",
      "Ben: over a socket",
      "Ben: typed offline",
      "Ada: and back",
    ]);
  }

  await ada.say("/quit");
  await ben.sees("Ben");
}

testChat(
  "a terminal and a client share a room through a restart",
  (server, restart) => shareRoom(ClientGuest.join, server, restart),
);

testChat(
  "a terminal and a page share a room through a restart",
  async (server, restart) => {
    await using browser = await openBrowser();
    const join = (server: ChatServer, name: string) =>
      PageGuest.join(browser, server, name);
    await shareRoom(join, server, restart);
  },
  findChromium() === undefined,
);

testChat(
  "nothing that a hostile peer makes up gets through",
  async (server) => {
    await using victim = await openRaw(server);
    await using mallory = await openRaw(server);
    const heard = [
      "chat.message:lobby",
      "chat.here:lobby",
      `direct:${victim.id}`,
    ]
      .map((topic) => envelopesOn(victim.spoke, topic));
    // Not for the asking: all rooms at once, and what is for somebody else.
    const taps = ["chat.message", "chat.hello:lobby", `direct:${victim.id}`]
      .map((topic) => envelopesOn(mallory.spoke, topic));
    await victim.spoke.flush();
    await mallory.spoke.flush();

    const good = messageFrom(mallory.id, "good");
    const person = { id: victim.id, name: "Victim" };
    const twoLines = { id: mallory.id, name: "a\nb" };
    const refused: [type: string, room: string, payload: unknown][] = [
      ["chat.message", "lobby", { ...good, text: "x".repeat(1001) }],
      ["chat.message", "lobby", { ...good, text: 7 }],
      ["chat.message", "lobby", { ...good, text: " \n" }],
      ["chat.message", "lobby", { ...good, text: "\x1b[2J" }],
      ["chat.message", "lobby", { ...good, at: 1e300 }],
      ["chat.message", "lobby", { ...good, id: "7" }],
      ["chat.message", "lobby", { ...good, more: "x".repeat(100_000) }],
      ["chat.message", "lobby", { ...good, from: person }],
      ["chat.message", "lobby", { ...good, from: twoLines }],
      ["chat.message", "lobby", null],
      ["chat.message", "", good],
      ["chat.message", "a b", good],
      ["chat.message", "x".repeat(33), good],
      ["chat.hello", "lobby", { from: person }],
      ["chat.hello", "lobby", { from: { ...person, name: "x".repeat(41) } }],
      ["chat.here", "lobby", { people: [person] }],
      ["chat.bye", "lobby", { from: person }],
      ["direct", victim.id, { room: "lobby", people: [], messages: [good] }],
      ["chat.other", "lobby", good],
    ];
    for (const [type, room, payload] of refused) {
      mallory.spoke.dispatchEvent(createEvent(type, room, payload));
    }
    mallory.spoke.dispatchEvent(createEvent("chat.message", "lobby", good));
    await mallory.spoke.flush();
    await victim.spoke.flush();
    assert.deepEqual(
      heard.map(({ all }) => all.map(({ payload }) => payload)),
      [[good], [], []],
    );

    // All that is said now is not for those who listen to everything.
    victim.spoke.dispatchEvent(
      createEvent("chat.hello", "lobby", { from: person }),
    );
    victim.spoke.dispatchEvent(
      createEvent("chat.message", "lobby", messageFrom(victim.id, "secret")),
    );
    await victim.spoke.flush();
    await mallory.spoke.flush();
    assert.deepEqual(taps.map(({ all }) => all), [[], [], []]);
    assert.equal(heard[2]!.all.length, 1, "the victim is welcome");

    // The server says of each that it was refused, and of nothing else.
    const count = refused.length + taps.length;
    await server.errors.count(count);
    assert.equal(server.errors.all.length, count);
  },
);

testChat("a newcomer is sent the last messages, each once", async (server) => {
  await using raw = await openRaw(server);
  const send = (message: unknown) =>
    raw.spoke.dispatchEvent(createEvent("chat.message", "lobby", message));
  const messages = Array.from(
    { length: MAX_HISTORY + 10 },
    (_, i) => messageFrom(raw.id, `no. ${i}`),
  );
  for (const message of messages) {
    send(message);
    send(message);
  }
  await raw.spoke.flush();

  await using ada = await ClientGuest.join(server, "Ada");
  await ada.hears(`Mallory: ${messages.at(-1)?.text}`);
  // Whoever has a message leaves it where it is when it comes again.
  send(messages.at(-5));
  const last = messageFrom(raw.id, "the last");
  send(last);
  await ada.hears("Mallory: the last");
  assert.deepEqual(
    await ada.shown(),
    [...messages.slice(-MAX_HISTORY), last].map(({ text }) =>
      `Mallory: ${text}`
    ),
  );

  // In another room nobody has said anything.
  ada.chat.join("empty");
  await ada.sees("Ada");
  await ada.say("first");
  await using ben = await ClientGuest.join(server, "Ben");
  ben.chat.join("empty");
  await ben.hears("Ada: first");
});

testChat("who is here stays right whatever people do", async (server) => {
  await using ada = await ClientGuest.join(server, "Ada");
  // A page that came back before the server missed its old connection.
  const old = await ClientGuest.join(server, "Ben", "the key of Ben");
  await using ben = await ClientGuest.join(server, "Ben", "the key of Ben");
  // And somebody else who happens to have the same name.
  const other = await ClientGuest.join(server, "Ben");
  await ada.sees("Ada", "Ben", "Ben");
  await other[Symbol.asyncDispose]();
  await ada.sees("Ada", "Ben");
  await old[Symbol.asyncDispose]();
  const cleo = await ClientGuest.join(server, "Cleo");
  await ada.sees("Ada", "Ben", "Cleo");
  await cleo[Symbol.asyncDispose]();
  await ada.sees("Ada", "Ben");
  ben.chat.rename("Benjamin");
  await ada.sees("Ada", "Benjamin");
  ben.chat.join("random");
  await Promise.all([ada.sees("Ada"), ben.sees("Benjamin")]);
  ben.chat.join("lobby");
  await Promise.all(
    [ada, ben].map((guest) => guest.sees("Ada", "Benjamin")),
  );
});

testChat("pages of other sites get no socket", async ({ port }) => {
  const answerTo = (origin: string) =>
    answerToUpgrade(port, "/events?key=k", origin);
  assert.equal(await answerTo("http://elsewhere.example"), "HTTP/1.1 403");
  assert.equal(await answerTo("null"), "HTTP/1.1 403");
  assert.equal(await answerTo(`http://127.0.0.1:${port}`), "HTTP/1.1 101");
});
