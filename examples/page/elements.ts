/** The element of the page with an id. */
export function element<TElement extends HTMLElement = HTMLElement>(
  id: string,
): TElement {
  return document.getElementById(id) as TElement;
}

/** An element with a class and a text: never with HTML, which others wrote. */
export function create<TName extends keyof HTMLElementTagNameMap>(
  name: TName,
  className = "",
  text = "",
): HTMLElementTagNameMap[TName] {
  const created = document.createElement(name);
  created.className = className;
  created.textContent = text;
  return created;
}
