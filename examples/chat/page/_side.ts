// The rooms, and who is here.

import type { Person } from "../events.ts";
import { create, element, paintAvatar } from "./_elements.ts";

const rooms = ["lobby", "random"];

/** Shows the rooms; the one that is entered is added when it is new. */
export function showRooms(current: string): void {
  if (!rooms.includes(current)) rooms.push(current);
  element("rooms").replaceChildren(...rooms.map((room) => {
    const item = create("li", "");
    const link = create("a", "", room);
    link.href = `#${encodeURIComponent(room)}`;
    if (room === current) link.ariaCurrent = "page";
    item.append(link);
    return item;
  }));
  element("room").textContent = current;
  document.title = `#${current} – Chat`;
}

/** Shows who is here: me first, then by name. */
export function showPeople(people: readonly Person[], me: Person): void {
  const isMe = ({ id }: Person) => id === me.id;
  const sorted = people.toSorted((a, b) =>
    Number(isMe(b)) - Number(isMe(a)) || a.name.localeCompare(b.name)
  );
  element("people").replaceChildren(...sorted.map((person) => {
    const item = create("li", "person");
    const avatar = create("span", "avatar");
    avatar.ariaHidden = "true";
    paintAvatar(avatar, person);
    item.append(avatar, create("bdi", "name", person.name));
    if (isMe(person)) item.append(create("span", "hint", "you"));
    return item;
  }));
  element("count").textContent = String(people.length);
}

/** Shows my own name. */
export function showMe(me: Person): void {
  const button = element("me");
  paintAvatar(button.querySelector<HTMLElement>(".avatar")!, me);
  button.querySelector(".name")!.textContent = me.name;
}
