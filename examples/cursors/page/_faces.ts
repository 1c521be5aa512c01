// What a visitor looks like: an animal and a color, both from the id, so that
// nothing about it has to travel.

const ANIMALS = [
  ...["Ant", "Bear", "Cat", "Crane", "Crow", "Deer", "Dog", "Duck", "Eel"],
  ...["Elk", "Fish", "Fox", "Frog", "Goat", "Goose", "Hare", "Horse", "Lark"],
  ...["Lion", "Lynx", "Mole", "Mouse", "Newt", "Otter", "Owl", "Rook", "Seal"],
  ...["Sheep", "Snail", "Swan", "Toad", "Wolf", "Wren"],
];

/** The name of a visitor. */
export function nameOf(id: string): string {
  return ANIMALS[numberOf(id.slice(0, 6)) % ANIMALS.length]!;
}

/** Colors an element as a visitor's. */
export function paint(element: HTMLElement, id: string): void {
  const hue = numberOf(id.slice(6, 12)) % 360;
  element.style.setProperty("--hue", String(hue));
}

function numberOf(digits: string): number {
  return parseInt(digits, 16) || 0;
}
