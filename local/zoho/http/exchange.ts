import { wallClockMs } from "../core/clock.ts";
import { answerControl } from "../control/routes.ts";
import { codeOf } from "../faults/codes.ts";
import type { Fault, FaultTarget } from "../faults/faults.ts";
import { answerAccounts } from "../oauth/endpoint.ts";
import { queryWithoutValues } from "../org/calls.ts";
import type { Org } from "../org/org.ts";
import { answerPage } from "../page/page.ts";
import { answerApi, type ApiAnswer, readAddress } from "./api.ts";
import { bodyText, type Incoming } from "./incoming.ts";
import { shaped } from "./refusals.ts";
import { type Ending, type Outgoing, refusal, type Reply } from "./reply.ts";

const whole = (reply: Reply): Outgoing => ({ reply, ending: { kind: "whole" } });

/** One request: to the control API, the page, the accounts server or the CRM API. */
export async function exchange(org: Org, incoming: Incoming): Promise<Outgoing> {
  const path = incoming.url.pathname;
  if (path.startsWith("/__control")) return whole(await answerControl(org, incoming));
  const page = await answerPage(incoming);
  if (page !== undefined) return whole(page);
  return await answerZoho(org, incoming);
}

/** A call that a real Zoho would get: faults apply and it is logged. */
async function answerZoho(org: Org, incoming: Incoming): Promise<Outgoing> {
  const path = incoming.url.pathname;
  const startedMs = performance.now();
  const atMs = wallClockMs();
  const target: FaultTarget = {
    method: incoming.method,
    path,
    module: moduleOfUrl(org, incoming.url),
    text: () => bodyText(incoming),
  };
  const { answer, ending } = await answerWithFaults(org, incoming, target);
  const { reply, records, credits } = answer;
  const durationMs = performance.now() - startedMs;
  const status = ending.kind === "whole" || ending.kind === "drip" ? reply.status : 0;
  const query = path.endsWith("/coql") ? queryWithoutValues(bodyText(incoming)) : null;
  org.calls.append({ atMs, method: incoming.method, path, status, records, credits, durationMs, query });
  return { reply: dated(org, reply), ending };
}

/** The Date header is Zoho's clock, which is the simulator's. */
function dated(org: Org, reply: Reply): Reply {
  return { ...reply, headers: { date: new Date(org.nowMs()).toUTCString(), ...reply.headers } };
}

async function answerWithFaults(
  org: Org,
  incoming: Incoming,
  target: FaultTarget,
): Promise<{ answer: ApiAnswer; ending: Ending }> {
  const early = org.faults.take(["status", "refuse_call", "hang", "connection_reset"], target);
  if (early !== undefined) {
    await latency(org, target);
    const reply = early.kind === "refuse_call" ? refusedCall(org, incoming, early) : scripted(early);
    return { answer: { reply, records: 0, credits: 0 }, ending: earlyEnding(early.kind, early.ms) };
  }
  const answer = await answerSafely(org, incoming, () => latency(org, target));
  const late = org.faults.take(["drop_reply", "silent_drop", "half_body", "slow_drip"], target);
  return { answer, ending: lateEnding(late?.kind, late?.ms) };
}

const internalError = refusal("INTERNAL_ERROR", "Internal Server Error", {}, 500);

async function answerSafely(org: Org, incoming: Incoming, pause: () => Promise<void>): Promise<ApiAnswer> {
  try {
    if (!incoming.url.pathname.startsWith("/oauth/")) return await answerApi(org, incoming, pause);
    await pause();
    return { reply: await answerAccounts(org, incoming), records: 0, credits: 0 };
  } catch (error) {
    // A fault of the simulator itself: it must be seen, and the client still gets what Zoho would send.
    console.error(error);
    return { reply: internalError, records: 0, credits: 0 };
  }
}

/** Any status with any body, HTML among them, as a proxy in front of Zoho answers. */
function scripted({ status = 500, body, html, headers }: Fault): Reply {
  if (html !== undefined) return { status, text: html, contentType: "text/html;charset=UTF-8", headers };
  return { status, body: body ?? { ...internalError.body as Record<string, string> }, headers };
}

/** One of Zoho's codes as the answer to a whole call, in the shape that such refusals have. */
function refusedCall(org: Org, incoming: Incoming, fault: Fault): Reply {
  const code = fault.code ?? "CANNOT_PROCESS";
  const usual = codeOf(code);
  const details = fault.details ?? usual.details ?? {};
  const reply = refusal(code, fault.message ?? usual.message, details, fault.status ?? usual.status);
  return {
    ...shaped(org, readAddress(incoming.url.pathname)?.segments ?? [], reply),
    headers: fault.headers,
  };
}

function earlyEnding(kind: string, ms: number | undefined): Ending {
  if (kind === "hang") return { kind: "hang", ms };
  return kind === "connection_reset" ? { kind: "cut" } : { kind: "whole" };
}

function lateEnding(kind: string | undefined, ms: number | undefined): Ending {
  if (kind === "drop_reply") return { kind: "cut" };
  if (kind === "silent_drop") return { kind: "silent" };
  if (kind === "half_body") return { kind: "half" };
  return kind === "slow_drip" ? { kind: "drip", ms: ms ?? 1000 } : { kind: "whole" };
}

async function latency(org: Org, target: FaultTarget): Promise<void> {
  const { latencyMs, latencyJitterMs } = org.settings;
  const fault = org.faults.take(["latency"], target);
  const fixedMs = latencyMs + (fault?.ms ?? 0);
  const jitterMs = latencyJitterMs + (fault?.jitterMs ?? 0);
  const ms = fixedMs + (jitterMs > 0 ? org.random() * jitterMs : 0);
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

/** The module of a call, if its address names one. */
function moduleOfUrl(org: Org, url: URL): string | undefined {
  const first = readAddress(url.pathname)?.segments[0] ?? "";
  const named = org.module(first)?.apiName;
  return named ?? url.searchParams.get("module") ?? undefined;
}
