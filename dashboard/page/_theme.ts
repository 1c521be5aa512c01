// Light, dark, or as the system has it.

import { element } from "./_elements.ts";

const THEMES = ["system", "light", "dark"];
const SIGNS: Record<string, string> = { system: "◐", light: "☼", dark: "☾" };

/** Lets the button change the theme; tells of each change, the system's too. */
export function startTheme(onChange: () => void): void {
  const button = element("theme");
  let theme = stored();
  const apply = () => {
    document.documentElement.dataset.theme = theme;
    button.querySelector("[aria-hidden]")!.textContent = SIGNS[theme]!;
    button.querySelector("b")!.textContent = theme;
    onChange();
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    try {
      localStorage.setItem("alkpubsub-theme", theme);
    } catch {
      // It is not kept where nothing may be.
    }
    apply();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  apply();
}

function stored(): string {
  try {
    const theme = localStorage.getItem("alkpubsub-theme") ?? "";
    return THEMES.includes(theme) ? theme : "system";
  } catch {
    return "system";
  }
}
