import { SECRET_KEY } from "./keys.ts";

export interface Invocation {
  status: number;
  headers: Headers;
  /** Parsed if it is JSON, else text. */
  body: unknown;
}

/** Calls a function as a component does: with the secret key, unless other headers replace it. */
export async function invoke(
  url: string,
  body: unknown = {},
  headers: Record<string, string> = {},
): Promise<Invocation> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", apikey: SECRET_KEY, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
