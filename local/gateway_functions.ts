import type { Functions } from "./functions.ts";
import { gatewayRefusal } from "./gateway_replies.ts";

const PREFIX = "/functions/v1";
/** The platform gives up on a function that has not begun to answer by then. */
const IDLE_TIMEOUT_MS = 150_000;
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding", "te", "upgrade", "host"];

interface Forward {
  request: Request;
  url: URL;
  functions: Functions;
  client: Deno.HttpClient;
}

/** Passes a call on to the function's process. Every function here says verify_jwt = false and checks for itself. */
export async function forwardToFunction(forward: Forward): Promise<Response> {
  const { request, url, functions, client } = forward;
  const path = url.pathname.slice(PREFIX.length);
  const name = path.split("/")[1] ?? "";
  if (!functions.isKnown(name)) {
    return gatewayRefusal(404, `Requested function was not found: ${name}`, "NOT_FOUND");
  }
  if (isSecretKeyInBrowser(request.headers)) {
    return gatewayRefusal(401, "Forbidden use of secret API key in browser");
  }
  const origin = functions.next(name);
  if (!origin) return gatewayRefusal(503, `Function ${name} is not running`, "BOOT_ERROR");

  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(), IDLE_TIMEOUT_MS);
  try {
    const answer = await fetch(`${origin}${path}${url.search}`, {
      method: request.method,
      headers: headersFor(forward),
      body: request.body,
      redirect: "manual",
      signal: idle.signal,
      client,
    });
    return new Response(answer.body, { status: answer.status, headers: withoutHops(answer.headers) });
  } catch {
    if (idle.signal.aborted) {
      return gatewayRefusal(504, "The function did not answer in time", "IDLE_TIMEOUT");
    }
    return gatewayRefusal(503, `Function ${name} ended before it answered`, "WORKER_ERROR");
  } finally {
    clearTimeout(timer);
  }
}

function headersFor({ request, url }: Forward): Headers {
  const headers = withoutHops(request.headers);
  headers.set("x-forwarded-host", url.host);
  headers.set("x-forwarded-proto", "http");
  // The body passes through uncompressed: both processes are on one machine.
  headers.set("accept-encoding", "identity");
  return headers;
}

function withoutHops(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of HOP_BY_HOP) kept.delete(name);
  return kept;
}

function isSecretKeyInBrowser(headers: Headers): boolean {
  const isSecret = headers.get("apikey")?.startsWith("sb_secret_") ?? false;
  return isSecret && (headers.get("user-agent") ?? "").includes("Mozilla/");
}
