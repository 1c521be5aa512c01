// The pointers of the others, drawn once for each frame.

import { create, element } from "../../page/elements.ts";
import type { Place } from "../events.ts";
import { nameOf, paint } from "./_faces.ts";

const SVG = "http://www.w3.org/2000/svg";
/** Pixels that a name takes, about. */
const NAME_WIDTH = 90;
const NAME_HEIGHT = 50;

const stage = element("stage");
const cursors = new Map<string, { item: HTMLElement; place: Place }>();
let frame = 0;

/** Somebody's pointer is here from now on. */
export function moveCursor(id: string, place: Place): void {
  const cursor = cursors.get(id) ?? { item: addCursor(id), place };
  cursor.place = place;
  cursors.set(id, cursor);
  drawSoon();
}

/** Shows no pointers but these any more. */
export function keepCursors(ids: ReadonlySet<string>): void {
  for (const [id, { item }] of cursors) {
    if (ids.has(id)) continue;
    item.remove();
    cursors.delete(id);
  }
}

// What is shown is where the others are, in a window of any size.
addEventListener("resize", drawSoon);

function drawSoon(): void {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    for (const { item, place } of cursors.values()) draw(item, place);
  });
}

function draw(item: HTMLElement, place: Place): void {
  item.hidden = place === null;
  if (!place) return;
  const x = place.x * stage.clientWidth;
  const y = place.y * stage.clientHeight;
  item.style.translate = `${x}px ${y}px`;
  item.classList.toggle("down", place.isDown);
  item.classList.toggle("right", x > stage.clientWidth - NAME_WIDTH);
  item.classList.toggle("low", y > stage.clientHeight - NAME_HEIGHT);
}

function addCursor(id: string): HTMLElement {
  const item = create("div", "cursor");
  item.dataset.id = id;
  item.hidden = true;
  paint(item, id);
  const arrow = document.createElementNS(SVG, "svg");
  arrow.setAttribute("viewBox", "-1 -1 20 20");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", "M0 0l5 15 3-7 7-3z");
  arrow.append(path);
  item.append(arrow, create("span", "", nameOf(id)));
  stage.append(item);
  return item;
}
