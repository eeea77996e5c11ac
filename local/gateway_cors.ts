// The platform's gateway lets pages of every origin call the Data API and Auth: what protects them is the caller's
// token. @supabase/lite allows fewer headers than supabase-js sends, so the gateway speaks for it.

const METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS";

/** The answer to a browser's question before a call of another origin; undefined when it is a call. */
export function preflight({ method, headers }: Request): Response | undefined {
  if (method !== "OPTIONS" || !headers.has("access-control-request-method")) return undefined;
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": headers.get("access-control-request-headers") ?? "*",
      "access-control-max-age": "3600",
    },
  });
}

/** The same answer, for pages of every origin to read. */
export function readable(answer: Response): Response {
  const headers = new Headers(answer.headers);
  headers.set("access-control-allow-origin", "*");
  headers.set("access-control-expose-headers", "content-range, x-supabase-api-version");
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
}
