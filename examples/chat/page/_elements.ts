/** The element of the page with an id. */
export function element<TElement extends HTMLElement = HTMLElement>(
  id: string,
): TElement {
  return document.getElementById(id) as TElement;
}

/** An element with a class and a text: never with HTML, which others wrote. */
export function create<TName extends keyof HTMLElementTagNameMap>(
  name: TName,
  className: string,
  text = "",
): HTMLElementTagNameMap[TName] {
  const created = document.createElement(name);
  created.className = className;
  created.textContent = text;
  return created;
}

/** Makes an element somebody's: an initial on a color that goes with the id. */
export function paintAvatar(
  avatar: HTMLElement,
  { id, name }: { id: string; name: string },
): void {
  // By code point, as half an emoji is none.
  avatar.textContent = (Array.from(name.trim())[0] ?? "").toUpperCase();
  const hue = (parseInt(id.slice(0, 8), 16) || 0) % 360;
  avatar.style.setProperty("--hue", String(hue));
}
