import { limitConcurrency } from "../platform/concurrency.ts";
import type { Settings } from "../platform/engine_settings.ts";
import { isZohoApiDomain } from "../platform/regions.ts";
import { readAnswer } from "./answer.ts";
import { callDecision } from "./error_table.ts";
import { ZohoCallError } from "./faults.ts";
import { type FieldNames, inOrgNames, inOurNames, ownNames } from "./names.ts";
import type { ZohoRequest, ZohoResponse } from "./request.ts";
import type { AccessToken, TokenSource } from "./token.ts";

export interface ZohoClient {
  /** @throws ZohoCallError, ZohoTokenError */
  call(request: ZohoRequest): Promise<ZohoResponse>;
  /** Gets the token ahead of the first call. @throws ZohoTokenError */
  ready(): Promise<void>;
  /** Returns and resets the credits and calls counted so far. */
  takeSpent(): Spent;
  readonly runWorkflows: boolean;
}

/** The cost of calls; `left` is Zoho's last report for the org's day, other apps' calls included. */
export interface Spent {
  credits: number;
  calls: number;
  /** Absent until Zoho reports it, which begins when half of the day's credits are used (api-limits page). */
  left?: number;
}

export interface ZohoClientDependencies {
  settings: Settings;
  tokens: TokenSource;
  fetch: typeof fetch;
  /** What the org calls our fields; our own names unless given. */
  names?: () => Promise<FieldNames>;
}

/**
 * A refused token is replaced once, and a second time if the replacement was fetched by another isolate and
 * expired with ours. A refusal of a token that was fetched for this call has another cause than its age.
 */
function isWorthReplacing(token: AccessToken, refusals: number): boolean {
  return refusals === 0 || (refusals === 1 && token.isShared === true);
}

/**
 * Zoho CRM over HTTP: one place for the address, the token, the timeout and the shape of a fault. At most
 * `settings.concurrency` calls are under way at a time.
 */
export function createZohoClient(
  { settings, tokens, fetch, names = () => Promise.resolve(ownNames) }: ZohoClientDependencies,
): ZohoClient {
  const inTurn = limitConcurrency(settings.concurrency);
  let spent: Spent = { credits: 0, calls: 0 };

  const send = async (request: ZohoRequest, token: AccessToken): Promise<ZohoResponse> => {
    spent = { ...spent, credits: spent.credits + (request.credits ?? 1), calls: spent.calls + 1 };
    const response = await exchange(fetch, buildRequest(settings, request, token), settings.timeoutMs);
    const left = creditsLeft(response.headers);
    if (left !== null) spent = { ...spent, left };
    return { ...readAnswer(response, request), asOfMs: asOfMs(response) };
  };

  return {
    runWorkflows: settings.runWorkflows,
    ready: async () => void await tokens.get(),
    takeSpent: () => {
      const taken = spent;
      spent = { credits: 0, calls: 0 };
      return taken;
    },
    call: (asked) =>
      inTurn(async () => {
        const named = await names();
        const request = inOrgNames(named, asked);
        let token = await tokens.get();
        for (let refusals = 0;; refusals++) {
          try {
            const { body, ...response } = await send(request, token);
            return { ...response, body: inOurNames(named, request, body) };
          } catch (error) {
            if (!isTokenFault(error) || !isWorthReplacing(token, refusals)) throw error;
            token = await tokens.get(token);
          }
        }
      }),
  };
}

function isTokenFault(error: unknown): boolean {
  return error instanceof ZohoCallError &&
    callDecision(error.code, error.detail.status).decision === "refresh";
}

function buildRequest(settings: Settings, request: ZohoRequest, token: AccessToken): Request {
  const url = new URL(`${apiOrigin(settings, token)}/crm/${settings.apiVersion}${request.path}`);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
  return new Request(url, {
    method: request.method,
    headers: {
      ...request.headers,
      Authorization: `Zoho-oauthtoken ${token.value}`,
      ...(request.body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
}

/** The token reply names the org's own API host; it is followed only inside Zoho's domains. */
function apiOrigin(settings: Settings, token: AccessToken): string {
  if (settings.apiUrl) return settings.apiUrl;
  return token.apiDomain && isZohoApiDomain(token.apiDomain)
    ? new URL(token.apiDomain).origin
    : settings.defaultApiUrl;
}

async function exchange(send: typeof fetch, request: Request, timeoutMs: number) {
  const startedMs = performance.now();
  try {
    const response = await send(request, { signal: AbortSignal.timeout(timeoutMs) });
    const tookMs = performance.now() - startedMs;
    return { status: response.status, headers: response.headers, text: await response.text(), tookMs };
  } catch (error) {
    // Zoho may have written the records and only the answer was lost: a retry must find them.
    const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
    throw isTimeout
      ? new ZohoCallError("TIMEOUT", `no answer within ${timeoutMs} ms`, { outcomeUnknown: true })
      : new ZohoCallError("NETWORK", "the connection failed", { outcomeUnknown: true });
  }
}

/** Zoho's Date is of the end of the call and counts seconds. */
function asOfMs({ headers, tookMs }: { headers: Headers; tookMs: number }): number | null {
  const dateMs = Date.parse(headers.get("Date") ?? "");
  return Number.isNaN(dateMs) ? null : Math.floor(dateMs - tookMs);
}

/** A whole number; undefined when unreadable. */
function creditsLeft(headers: Headers): number | null {
  const text = headers.get("X-API-CREDITS-REMAINING")?.trim() ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
