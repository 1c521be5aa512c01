/**
 * The chat in a terminal, over iroh: `npx deno task chat:terminal <ticket>`, with
 * the ticket that the server printed.
 */

import process from "node:process";
import { parseArgs } from "node:util";
import {
  createIrohSpokeEventTarget,
  type SpokeStatus,
} from "@alkdev/pubsub/event-target-iroh-spoke";
import { bindEndpoint, REACHES } from "../_endpoint.ts";
import { Chat } from "./_chat.ts";
import { type ChatEvent, isName, isRoom, type Person } from "./events.ts";
import { Screen } from "./_screen.ts";

const USAGE = `Usage: npx deno task chat:terminal [options] <ticket>

  --name Ada       what others call you
  --room lobby     where to go first
  --reach machine  as the server: ${REACHES.join(", ")}`;

const HELP = `What you type is said to all who are in the room, but for
  /who          who is here
  /room <name>  go to another room
  /name <name>  take another name
  /quit         leave`;

const { values: { name, room, ...values }, positionals: [ticket] } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: "string", default: process.env.USER || "guest" },
    room: { type: "string", default: "lobby" },
    reach: { type: "string", default: "machine" },
  },
});
const reach = REACHES.find((one) => one === values.reach);
if (!ticket || !reach || !isName(name) || !isRoom(room)) {
  console.error(USAGE);
  process.exit(2);
}

const screen = new Screen();
let chat: Chat | undefined = undefined;
let people: readonly Person[] = [];

const endpoint = await bindEndpoint({ reach });
const spoke = await createIrohSpokeEventTarget<ChatEvent>({
  endpoint,
  hubNodeId: ticket,
  // A server that was killed says nothing: found out in 8 seconds.
  pingInterval: 5_000,
  pingTimeout: 3_000,
  reconnect: { maxDelay: 3_000 },
  waitOnFirstConnect: true,
  onStatus,
});
chat = new Chat(spoke, { id: endpoint.id().toString(), name }, {
  showMessage: (message, isSent) => screen.message(message, !isSent),
  showPeople(now) {
    people = now;
    screen.people(now);
  },
  showError: (error) => screen.note(String(error)),
});
enter(chat, room);
for await (const line of screen.lines()) {
  if (line === "/quit") break;
  obey(chat, line);
}
screen.close();
await spoke.close();
await endpoint.close();

function onStatus(status: SpokeStatus): void {
  if (status.type === "open") {
    screen.note("Online");
    chat?.hello(); // A server that was restarted knows nobody.
  } else if (status.type === "reconnecting" && status.attempt === 1) {
    screen.note("Reconnecting: what you say is sent when the server is back");
  } else if (status.type === "closed" && status.error) {
    screen.note(`Closed: ${status.error.message}`);
    process.exit(1);
  }
}

function obey(chat: Chat, line: string): void {
  const [command, argument = ""] = line.trim().split(/ +(.*)/s);
  if (command === "/who") {
    screen.note(`Here: ${people.map(({ name }) => name).join(", ")}`);
  } else if (command === "/room" && isRoom(argument)) {
    enter(chat, argument);
  } else if (command === "/name" && isName(argument)) {
    chat.rename(argument);
  } else if (command?.startsWith("/")) {
    screen.note(HELP);
  } else {
    say(chat, line);
  }
}

function enter(chat: Chat, room: string): void {
  screen.clear();
  screen.note(`You are ${chat.me.name} in #${room}; /help tells more`);
  chat.join(room);
}

function say(chat: Chat, text: string): void {
  try {
    chat.say(text);
  } catch (error) {
    screen.note(String(error));
  }
}
