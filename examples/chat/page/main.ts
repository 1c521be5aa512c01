// The chat in a browser, over a WebSocket.

import {
  createWebSocketClientEventTarget,
  type SpokeStatus,
} from "@alkdev/pubsub/event-target-websocket-client";
import { visitorId } from "../../_visitor_id.ts";
import { Chat } from "../_chat.ts";
import { type ChatEvent, isRoom, MAX_TEXT } from "../events.ts";
import { element } from "./_elements.ts";
import { clearMessages, showMessage } from "./_log.ts";
import { askName, knownName } from "./_name_dialog.ts";
import { showMe, showPeople, showRooms } from "./_side.ts";
import { hideNotice, showNotice, showStatus } from "./_status.ts";

// Each tab is a visitor with a key of its own, which outlives a reload.
const key = sessionStorage.getItem("key") ?? crypto.randomUUID();
sessionStorage.setItem("key", key);

showRooms(roomInHash());
const me = { id: await visitorId(key), name: await knownName() };
showMe(me);

let chat: Chat | undefined = undefined;
const url = new URL(`/events?key=${key}`, location.href);
url.protocol = url.protocol.replace("http", "ws");
const spoke = await createWebSocketClientEventTarget<ChatEvent>(url, {
  reconnect: { maxDelay: 3_000 },
  waitOnFirstConnect: true,
  onStatus,
});
chat = new Chat(spoke, me, {
  showMessage: (message, isSent) =>
    showMessage(message, { isMine: message.from.id === me.id, isSent }),
  showPeople: (people) => showPeople(people, me),
  showError: (error) => showNotice(String(error)),
});
chat.join(roomInHash());
obey(chat);

function onStatus(status: SpokeStatus): void {
  showStatus(status);
  // A server that was restarted knows nobody.
  if (status.type === "open") chat?.hello();
}

/** Does what is typed and clicked. */
function obey(chat: Chat): void {
  const composer = element<HTMLFormElement>("composer");
  const text = element<HTMLTextAreaElement>("text");
  const otherRoom = element<HTMLFormElement>("other-room");
  const roomName = element<HTMLInputElement>("room-name");

  text.maxLength = MAX_TEXT;
  composer.querySelector("fieldset")!.disabled = false;
  // Where there is a keyboard; one on the screen would hide the messages.
  if (matchMedia("(hover: hover)").matches) text.focus();
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      chat.say(text.value);
      text.value = "";
    } catch (error) {
      showNotice(String(error)); // It stays, to be sent later.
    }
    text.focus();
  });

  addEventListener("hashchange", () => {
    const room = roomInHash();
    element("side").hidePopover();
    showRooms(room);
    clearMessages();
    chat.join(room);
    text.focus();
  });
  otherRoom.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = encodeURIComponent(roomName.value);
    roomName.value = "";
  });

  element("me").addEventListener("click", async () => {
    chat.rename(await askName(chat.me.name));
    showMe(chat.me);
  });
  element("notice").querySelector("button")!.addEventListener("click", () => {
    if (spoke.state === "closed") return location.reload();
    hideNotice();
    spoke.reconnect().catch(() => {}); // The status tells.
  });
}

function roomInHash(): string {
  const room = location.hash.slice(1);
  try {
    const name = decodeURIComponent(room);
    if (isRoom(name)) return name;
  } catch {
    // No room is called like that.
  }
  return "lobby";
}
