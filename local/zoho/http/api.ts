import { codeOf } from "../faults/codes.ts";
import { remainingHeader } from "../limits/credits.ts";
import { authenticate } from "../oauth/authenticate.ts";
import { covers } from "../oauth/scopes.ts";
import type { Org } from "../org/org.ts";
import type { ApiCall } from "./call.ts";
import { bodyJson, type Incoming } from "./incoming.ts";
import { noPermission, shaped } from "./refusals.ts";
import { refusal, Refused, type Reply } from "./reply.ts";
import { matchPath, type Route, routes } from "./routes.ts";

const versions = new Set(["v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8"]);
const newestVersion = 8;

const badUrl = refusal(
  "INVALID_URL_PATTERN",
  "Please check if the URL trying to access is a correct one",
  {},
  404,
);

const badMethod = refusal("INVALID_REQUEST_METHOD", "The http request method type is not a valid one");

interface Address {
  version: string;
  segments: string[];
}

/** `/crm/v8/Deals/…` */
export function readAddress(pathname: string): Address | undefined {
  const parts = pathname.split("/").filter((part) => part !== "");
  if (parts[0] !== "crm") return undefined;
  const [version, ...rest] = parts.slice(1);
  if (version === undefined || !/^v\d+(\.\d+)?$/.test(version)) return undefined;
  return { version, segments: rest.map(decode) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export interface ApiAnswer {
  reply: Reply;
  records: number;
  credits: number;
}

const free = (reply: Reply): ApiAnswer => ({ reply, records: 0, credits: 0 });

/** One call of the CRM API from its address to its reply; `pause` is the latency it is given. */
export async function answerApi(
  org: Org,
  incoming: Incoming,
  pause: () => Promise<void>,
): Promise<ApiAnswer> {
  const address = readAddress(incoming.url.pathname);
  if (address === undefined) return free(badUrl);
  if (!versions.has(address.version)) {
    return free(refusal("API_NOT_SUPPORTED", "the API is not supported in this version", {
      supported_version: newestVersion,
    }));
  }
  const identity = authenticate(org, incoming);
  if ("refused" in identity) {
    await pause();
    return free(identity.refused);
  }
  const found = findRoute(address, incoming.method);
  if (found === undefined) return free(shaped(org, address.segments, badUrl));
  if (found.route === undefined) return free(shaped(org, address.segments, badMethod));
  if (incoming.bytes.length > (org.settings.bodyLimitBytes ?? Infinity)) {
    return free(refusal("FILE_TOO_LARGE", codeOf("FILE_TOO_LARGE").message, {}, 413));
  }
  const { route, params } = found;
  const call = newCall(org, incoming, address, params, identity.scopes);
  const leave = org.lanes.enter(
    route.weight,
    route.heavy(call),
    org.concurrencyCeiling,
    org.settings.subConcurrency,
  );
  if (leave === undefined) return free(tooMany(org));
  try {
    await pause();
    if (org.creditsUsed() >= org.budget) return free(tooMany(org));
    const reply = await handle(route, call);
    org.credits.spend(call.credits, org.nowMs());
    org.announce(call.changes);
    const headers = { ...creditsLeft(org), ...reply.headers };
    return { reply: { ...reply, headers }, records: call.records, credits: call.credits };
  } finally {
    leave();
  }
}

function newCall(
  org: Org,
  incoming: Incoming,
  address: Address,
  params: Record<string, string>,
  scopes: string[],
): ApiCall {
  const call: ApiCall = {
    org,
    incoming,
    version: Number(address.version.slice(1)),
    method: incoming.method,
    params,
    query: incoming.url.searchParams,
    header: (name) => incoming.headers[name],
    body: bodyJson(incoming),
    scopes,
    records: 0,
    credits: 1,
    changes: [],
    dispatch: (sub) => dispatch(call, sub),
  };
  return call;
}

/** A sub request of a composite: same token, same call, its writes and credits counted with it. */
async function dispatch(call: ApiCall, incoming: Incoming): Promise<Reply> {
  const address = readAddress(incoming.url.pathname);
  if (address === undefined || !versions.has(address.version)) return badUrl;
  const found = findRoute(address, incoming.method);
  if (found?.route === undefined) return badUrl;
  const sub = { ...newCall(call.org, incoming, address, found.params, call.scopes), changes: call.changes };
  const reply = await handle(found.route, sub);
  call.credits += sub.credits;
  call.records += sub.records;
  return reply;
}

/** The route, `{route: undefined}` when the path is known and the method is not, or nothing at all. */
function findRoute(
  address: Address,
  method: string,
): { route: Route; params: Record<string, string> } | { route: undefined } | undefined {
  let isKnownPath = false;
  for (const route of routes) {
    const params = matchPath(route.path, address.segments);
    if (params === undefined) continue;
    if (route.method === method) return { route, params };
    isKnownPath = true;
  }
  return isKnownPath ? { route: undefined } : undefined;
}

/** Runs a route's handler; a thrown refusal is its reply. */
export async function handle(route: Route, call: ApiCall): Promise<Reply> {
  const missing = route.scopes
    .map((scope) => scope.replace("{module}", (call.params.module ?? "").toLowerCase()))
    .find((scope) => !covers(call.scopes, scope));
  if (missing !== undefined) {
    return refusal("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL", {}, 401);
  }
  const expectsBody = call.method === "POST" || call.method === "PUT" || call.method === "PATCH";
  const isJson = call.body !== undefined || call.incoming.bytes.length === 0;
  const refused = (reply: Reply) => shaped(call.org, segmentsOf(call), reply);
  if (expectsBody && !isJson) return refused(refusal("INVALID_DATA", "body is not a valid JSON"));
  const module = call.org.module(call.params.module ?? "")?.apiName ?? "";
  if (call.org.settings.noPermission.includes(module)) return refused(noPermission(module));
  try {
    return await route.handle(call);
  } catch (error) {
    if (error instanceof Refused) return refused(error.reply);
    throw error;
  }
}

const segmentsOf = (call: ApiCall) => readAddress(call.incoming.url.pathname)?.segments ?? [];

/** Credits or concurrency: the code does not tell which, and by default there is no Retry-After (facts §6). */
function tooMany(org: Org): Reply {
  const { tooManyCode, retryAfterSeconds } = org.settings;
  const reply = refusal(tooManyCode, "You have made too many requests within a certain time frame", {}, 429);
  const wait: Record<string, string> = retryAfterSeconds === null
    ? {}
    : { "retry-after": String(retryAfterSeconds) };
  return { ...reply, headers: { ...creditsLeft(org), ...wait } };
}

function creditsLeft(org: Org): Record<string, string> {
  return remainingHeader(org.creditsUsed(), org.budget, org.settings.creditsHeader);
}
