import { withDeadline } from "./deadline.ts";
import type { Functions } from "./functions.ts";
import { preflight, readable } from "./gateway_cors.ts";
import { forwardToFunction } from "./gateway_functions.ts";
import { gatewayRefusal } from "./gateway_replies.ts";
import { SECRET_KEY, type SigningKey } from "./keys.ts";
import type { LiteService } from "./lite_service.ts";
import { type TokenExchange, withExchangedSession, withExchangedToken } from "./user_tokens.ts";

/** The services behind the gateway; they may start after it listens. */
export interface Backends {
  lite: LiteService;
  functions: Functions;
}

export interface GatewayOptions {
  port: number;
  /** What the project publishes; empty where users are signed in with the legacy secret. */
  jwks: SigningKey["jwks"];
  exchange: TokenExchange;
  /** Further secret keys of the project; the Data API takes them as it takes the first. */
  moreSecretKeys?: string[];
}

export interface Gateway {
  readonly url: string;
  connect(backends: Backends): void;
  stop(): Promise<void>;
}

const LAST_ANSWERS_MS = 1_000;

type Handler = (request: Request, url: URL) => Response | Promise<Response>;

/** One address for everything, as a project has: /rest/v1, /auth/v1 and /functions/v1. */
export function startGateway({ port, jwks, exchange, moreSecretKeys = [] }: GatewayOptions): Gateway {
  let backends: Backends | undefined;
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 64 });

  const toLite: Handler = async (request) => {
    const allowed = preflight(request);
    if (allowed) return allowed;
    if (!backends) return gatewayRefusal(503, "the stack is starting");
    const { method, body } = request;
    const headers = await withExchangedToken(
      withFirstKey(request.headers, moreSecretKeys),
      exchange.towardsLite,
    );
    return readable(await backends.lite.fetch(new Request(request.url, { method, headers, body })));
  };
  const toAuth: Handler = async (request, url) =>
    await withExchangedSession(await toLite(request, url), exchange.towardsCaller);
  const toFunction: Handler = async (request, url) => {
    if (!backends) return gatewayRefusal(503, "the stack is starting", "BOOT_ERROR");
    return await forwardToFunction({ request, url, functions: backends.functions, client });
  };

  // The first that matches.
  const routes: [prefix: string, handler: Handler][] = [
    ["/auth/v1/.well-known/jwks.json", () => Response.json(jwks)],
    ["/rest/v1", toLite],
    ["/auth/v1", toAuth],
    ["/functions/v1/", toFunction],
    ["/storage/v1", () => gatewayRefusal(501, "Storage is no part of the local stack")],
    ["/realtime/v1", () => gatewayRefusal(501, "Realtime is no part of the local stack")],
    ["/", (_request, url) => url.pathname === "/" ? Response.json({ ready: !!backends }) : notFound(url)],
  ];

  const cut = new AbortController();
  const answering = new Set<Promise<unknown>>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, signal: cut.signal, onListen() {} },
    async (request) => {
      const url = new URL(request.url);
      const [, handler = () => notFound(url)] = routes.find(([prefix]) => isBelow(url.pathname, prefix)) ??
        [];
      const answer = Promise.resolve(handler(request, url));
      answering.add(answer);
      return await answer.finally(() => answering.delete(answer));
    },
  );

  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    connect: (given) => backends = given,
    async stop() {
      // Not shutdown(): it waits for ever for a client that does not end its request.
      await withDeadline(Promise.allSettled(answering), LAST_ANSWERS_MS, "the last answers").catch(() => {});
      cut.abort();
      client.close();
      await server.finished;
    },
  };
}

/** Lite knows one secret key; a project has as many as are made. */
function withFirstKey(headers: Headers, others: string[]): Headers {
  const apikey = headers.get("apikey");
  if (apikey === null || !others.includes(apikey)) return headers;
  const replaced = new Headers(headers);
  replaced.set("apikey", SECRET_KEY);
  if (headers.get("authorization") === `Bearer ${apikey}`) {
    replaced.set("authorization", `Bearer ${SECRET_KEY}`);
  }
  return replaced;
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
}

function notFound(url: URL): Response {
  return gatewayRefusal(404, `no route for ${url.pathname}`);
}
