// Asks for a name.

import { isName, MAX_NAME } from "../events.ts";
import { element } from "./_elements.ts";

/** The name that all tabs of this browser share; asks when there is none. */
export async function knownName(): Promise<string> {
  const name = localStorage.getItem("name") ?? "";
  return isName(name) ? name : await askName("");
}

/** Asks for another name; it stays as it is when that is given up. */
export async function askName(now: string): Promise<string> {
  const dialog = element<HTMLDialogElement>("name-dialog");
  const input = element<HTMLInputElement>("name");
  input.maxLength = MAX_NAME;
  input.value = now;
  dialog.returnValue = "";
  dialog.showModal();
  input.select();
  await new Promise((resolve) =>
    dialog.addEventListener("close", resolve, { once: true })
  );
  const name = input.value.trim();
  if (dialog.returnValue === "taken" && isName(name)) {
    localStorage.setItem("name", name);
    return name;
  }
  // Nobody comes in without one.
  return now || await askName(now);
}
