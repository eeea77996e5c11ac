export interface PageRoute {
  /** The first part: "overview", "contract". */
  page: string;
  /** The rest of the path, e.g. a contract's number. */
  rest: string;
  query: URLSearchParams;
}

/** From a hash like "#/contract/CT-2026-001?tab=history". The hash works on every host, without rewrite rules. */
export function readRoute(hash: string): PageRoute {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page = "", ...rest] = path.split("/");
  return {
    page: page || "overview",
    rest: decode(rest.join("/")),
    query: new URLSearchParams(search),
  };
}

/** The address of a page. Values that are empty are left out. */
export function linkTo(page: string, rest = "", query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = new URLSearchParams(given).toString();
  return `#/${page}${rest && `/${encodeURIComponent(rest)}`}${search && `?${search}`}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
