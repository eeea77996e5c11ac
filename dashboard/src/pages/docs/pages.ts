/** The pages of docs/, one small file each, loaded when it is opened. */
const pages = import.meta.glob<string>(
  ["../../../../docs/*.md", "../../../../docs/errors/*.md", "../../../../docs/decisions/*.md"],
  { query: "?raw", import: "default" },
);

/** Loads a page by its name, "errors/TIMEOUT"; undefined where there is none. */
export function loaderOf(name: string): (() => Promise<string>) | undefined {
  return pages[`../../../../docs/${name}.md`];
}

/** The page about an error code: its own, or that of its kind, HTTP_5XX for HTTP_503. */
export function pageOfError(code: string): string {
  const kind = code.replace(/^(HTTP_\d)\d\d$/, "$1XX");
  return [code, kind].map((each) => `errors/${each}`).find((name) => loaderOf(name)) ?? "errors/UNKNOWN_CODE";
}

/** The page that an address names; every error code has one. */
export function pageNamed(name: string): string {
  return name.startsWith("errors/") ? pageOfError(name.slice("errors/".length)) : name;
}
