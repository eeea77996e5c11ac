import { z } from "zod";
import type { Json } from "../core/json.ts";
import { splitScopes } from "../oauth/scopes.ts";
import type { ControlCall } from "./call.ts";

const faultsBody = z.strictObject({ faults: z.array(z.unknown()) });
const clockBody = z.union([
  z.strictObject({ advanceMs: z.number() }),
  z.strictObject({ offsetMs: z.number() }),
]);
const tokensBody = z.strictObject({
  action: z.enum(["expire_all", "revoke_refresh", "restore_refresh", "grant_code", "client_secret"]),
  /** For `grant_code`: what the code is good for. */
  scopes: z.string().optional(),
  /** For `client_secret`: the one that Zoho's console has made; the old one is refused from now on. */
  secret: z.string().min(1).optional(),
});

const creditsBody = z.union([
  z.strictObject({ used: z.number().int().min(0) }),
  z.strictObject({ spend: z.number().int().min(0) }),
]);

function parse<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new RangeError(z.prettifyError(parsed.error));
}

export function reset({ org }: ControlCall): Json {
  org.reset();
  return {};
}

export function addFaults({ org, body }: ControlCall): Json {
  const { faults } = parse(faultsBody, body);
  try {
    return { faults: org.faults.add(faults).map((fault) => ({ ...fault })) as Json };
  } catch (error) {
    if (error instanceof z.ZodError) throw new RangeError(z.prettifyError(error), { cause: error });
    throw error;
  }
}

export function listFaults({ org }: ControlCall): Json {
  return { faults: org.faults.list().map((fault) => ({ ...fault })) as Json };
}

export function clearFaults({ org }: ControlCall): Json {
  org.faults.clear();
  return {};
}

export function moveClock({ org, body }: ControlCall): Json {
  const move = parse(clockBody, body);
  org.moveClock("offsetMs" in move ? move.offsetMs : org.clock.offsetMs + move.advanceMs);
  return { nowMs: org.nowMs(), clockOffsetMs: org.clock.offsetMs };
}

export function changeOrgSettings({ org, body }: ControlCall): Json {
  org.changeSettings(body);
  return { settings: { ...org.settings } };
}

export function changeTokens({ org, body }: ControlCall): Json {
  const { action, scopes, secret } = parse(tokensBody, body);
  const { tokens } = org;
  if (action === "grant_code") {
    const code = tokens.newGrantCode(splitScopes(scopes ?? org.settings.scopes), org.nowMs());
    return { code };
  }
  if (action === "client_secret") {
    if (secret === undefined) throw new RangeError("secret is missing");
    tokens.credentials.clientSecret = secret;
  } else if (action === "expire_all") tokens.expireAll();
  else tokens.setRevoked(tokens.credentials.refreshToken, action === "revoke_refresh");
  return { active: tokens.active(org.nowMs()) };
}

/**
 * `used` sets what the last 24 hours have cost, e.g. to have the budget nearly used up; `spend` is what another app of
 * the organisation spends on top.
 */
export function setCredits({ org, body }: ControlCall): Json {
  const credits = parse(creditsBody, body);
  if ("used" in credits) org.credits.clear();
  org.credits.spend("used" in credits ? credits.used : credits.spend, org.nowMs());
  return { usedToday: org.creditsUsed(), budget: org.budget };
}
