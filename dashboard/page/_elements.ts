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
  if (className !== "") created.className = className;
  if (text !== "") created.textContent = text;
  return created;
}

/** Sets a text; what is the same already costs no layout, and is not read aloud. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
