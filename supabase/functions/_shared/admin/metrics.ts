import { metricsOf } from "../alerts/metrics.ts";
import type { ServiceClient } from "../platform/database.ts";
import { BadRequestError } from "../platform/http.ts";
import { isOneOf } from "../platform/same_secret.ts";
import { metricsTokens, settings } from "../platform/settings.ts";
import { readStatus } from "../status/read.ts";

export const isMetricsCall = (request: Request): boolean =>
  /\/zoho-admin\/metrics\/?$/.test(new URL(request.url).pathname);

/**
 * GET /metrics: the status in Prometheus format, for callers with the metrics token, which gives no other access.
 * @throws BadRequestError 401, 404 or 405; ConfigurationError, DatabaseError
 */
export async function metrics(request: Request, db: ServiceClient): Promise<Response> {
  if (request.method !== "GET") {
    throw new BadRequestError(405, { code: "METHOD_NOT_ALLOWED", message: "Metrics are read with GET" });
  }
  const tokens = metricsTokens();
  if (tokens.length === 0) {
    throw new BadRequestError(404, {
      code: "METRICS_OFF",
      message: "ZOHO_METRICS_TOKEN is not set",
      hint: "supabase secrets set ZOHO_METRICS_TOKEN=$(openssl rand -hex 32)",
    });
  }
  const token = /^Bearer (\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (token === undefined || !await isOneOf(tokens, token)) {
    throw new BadRequestError(401, {
      code: "INVALID_METRICS_TOKEN",
      message: "The request needs the token of ZOHO_METRICS_TOKEN",
      hint: "Send it as Authorization: Bearer …",
    });
  }
  const text = metricsOf(await readStatus(db, settings()));
  return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
}
