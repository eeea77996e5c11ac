import { isObject, type Json, parseJson } from "../core/json.ts";

/** A request with its body read. */
export interface Incoming {
  method: string;
  url: URL;
  headers: Record<string, string | undefined>;
  bytes: Uint8Array;
}

export function bodyText(incoming: Incoming): string {
  return new TextDecoder().decode(incoming.bytes);
}

export function bodyJson(incoming: Incoming): Json | undefined {
  return incoming.bytes.length === 0 ? undefined : parseJson(bodyText(incoming));
}

/** Parameters of the query, of a urlencoded body and of a multipart body; the body wins. */
export async function formParameters(incoming: Incoming): Promise<Map<string, string>> {
  const parameters = new Map(incoming.url.searchParams);
  const type = incoming.headers["content-type"] ?? "";
  if (type.includes("multipart/form-data")) {
    for (const [name, value] of await multipart(incoming, type)) {
      if (typeof value === "string") parameters.set(name, value);
    }
    return parameters;
  }
  if (type.includes("json")) {
    const body = bodyJson(incoming);
    for (const [name, value] of Object.entries(isObject(body) ? body : {})) {
      parameters.set(name, String(value));
    }
    return parameters;
  }
  for (const [name, value] of new URLSearchParams(bodyText(incoming))) parameters.set(name, value);
  return parameters;
}

/** Empty when the body is not what its content type says. */
export async function multipart(incoming: Incoming, type: string): Promise<[string, string | File][]> {
  try {
    const body = new Uint8Array(incoming.bytes);
    return [...(await new Response(body, { headers: { "content-type": type } }).formData()).entries()];
  } catch {
    return [];
  }
}
