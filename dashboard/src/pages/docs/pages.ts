/** The pages of docs/, one small file each, loaded when it is opened. */
const pages = import.meta.glob<string>(
  ["../../../../docs/*.md", "../../../../docs/errors/*.md", "../../../../docs/decisions/*.md"],
  { query: "?raw", import: "default" },
);

/** Loads a page by its name, "errors/TIMEOUT"; undefined where there is none. */
export function loaderOf(name: string): (() => Promise<string>) | undefined {
  return pages[`../../../../docs/${name}.md`];
}

/** The page about an error code. */
export function pageOfError(code: string): string {
  const name = `errors/${code}`;
  return loaderOf(name) ? name : "errors/UNKNOWN_CODE";
}
