export type Theme = "light" | "dark";

const KEY = "zoho-sync.theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** What was chosen here before, else what the system prefers. */
export function currentTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  if (stored === "light" || stored === "dark") return stored;
  return prefersDark.matches ? "dark" : "light";
}

/** Sets the theme on the page, and follows the system until one is chosen. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = currentTheme();
  prefersDark.addEventListener("change", () => {
    document.documentElement.dataset.theme = currentTheme();
  });
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  document.documentElement.dataset.theme = theme;
}
