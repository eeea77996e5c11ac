import { withSupabase } from "@supabase/server";
import { createAdminClient, extractCredentials, verifyCredentials } from "@supabase/server/core";
import type { Database } from "./database.types.ts";
import { DatabaseError, type ServiceClient } from "./database.ts";
import { ConfigurationError } from "./environment.ts";
import type { Settings } from "./engine_settings.ts";
import { BadRequestError, boundBody, refuse } from "./http.ts";
import type { Log } from "./log.ts";
import { once } from "./once.ts";
import { projectKeys, settings } from "./settings.ts";
import { SignInCheck } from "./sign_in.ts";

export interface Caller {
  /** "secret key" or "admin": how the caller authenticated. */
  kind: "secret key" | "admin";
  /** The admin's id; null for a key. */
  adminId: string | null;
  /** The admin's role; null for a key. */
  role: string | null;
  /** Whether the caller may change something; every active admin may read. */
  mayAct: boolean;
}

export interface CallContext {
  db: ServiceClient;
  settings: Settings;
  caller: Caller;
}

/** Above the longest body of an operator's call, which has a thousand ids. */
const longestOperatorBody = 256 * 1024;

const signIns = once(() => new SignInCheck({ env: projectKeys(), fetch, now: Date.now }));

/**
 * A handler for callers with a secret key of the project (apikey header: pg_net, pg_cron, servers) or the token of a
 * signed-in active admin. Others get 401 or 403, and the reason. A fault in our own variables is answered with the
 * variable's name.
 *
 * @param isAct whether a request changes something and so needs a role of ZOHO_ACTING_ROLES
 */
export function withOperatorAuth(
  log: Log,
  handle: (request: Request, context: CallContext) => Promise<Response>,
  isAct: (request: Request) => boolean = () => true,
): (request: Request) => Promise<Response> {
  return serve(log, longestOperatorBody, undefined, async (request) => {
    const { db, admin } = await identify(request);
    const role = admin === null ? null : await activeRole(db, admin);
    const { actingRoles } = settings();
    const caller: Caller = {
      kind: admin === null ? "secret key" : "admin",
      adminId: admin,
      role,
      mayAct: role === null || actingRoles.includes(role.toLowerCase()),
    };
    if (!caller.mayAct && isAct(request)) throw mayNotAct(role, actingRoles);
    return await handle(request, { db, settings: settings(), caller });
  });
}

/** A public handler that verifies its callers itself. At most the longest body is read. */
export function publicHandler(
  log: Log,
  longestBodyBytes: number,
  handle: (request: Request, db: ServiceClient) => Promise<Response>,
): (request: Request) => Promise<Response> {
  return serve(log, longestBodyBytes, "disabled", handle);
}

/** Reads the body once and bounded, so that one that breaks off or never ends is answered like any fault. */
function serve(
  log: Log,
  longestBodyBytes: number,
  cors: "disabled" | undefined,
  handle: (request: Request, db: ServiceClient) => Promise<Response>,
): (request: Request) => Promise<Response> {
  const inner = withSupabase<Database>({ auth: "none", cors }, async (request, { supabaseAdmin }) => {
    try {
      return await handle(request, supabaseAdmin);
    } catch (error) {
      return explain(error, log);
    }
  });
  return async (request) => {
    try {
      return await inner(await boundBody(request, longestBodyBytes));
    } catch (error) {
      return explain(error, log);
    }
  };
}

/** @throws BadRequestError 401 or 503, with the reason; no refusal names a key of the project or repeats a credential */
async function identify(request: Request): Promise<{ db: ServiceClient; admin: string | null }> {
  const { apikey, token } = extractCredentials(request);
  if (apikey) {
    const { data, error } = await verifyCredentials({ apikey, token: null }, { auth: "secret:*" });
    if (data) return { db: createAdminClient<Database>({ auth: { keyName: data.keyName } }), admin: null };
    if (error.status >= 500) throw noSecretKeys();
  }
  if (!token) throw apikey ? wrongKey() : missingCredentials();
  if (token.startsWith("sb_")) throw keyAsToken();
  const signedIn = await signIns().judge(token);
  if (!signedIn.ok) throw new BadRequestError(signedIn.status, signedIn.refusal);
  return { db: createAdminClient<Database>(), admin: signedIn.userId };
}

const missingCredentials = () =>
  new BadRequestError(401, {
    code: "MISSING_CREDENTIALS",
    message: "The request carries no credentials",
    hint: "Send a secret key of the project as the header apikey, or sign in",
  });
const wrongKey = () =>
  new BadRequestError(401, {
    code: "INVALID_API_KEY",
    message: "The key in the header apikey is not a secret key of this project",
    hint: "Copy one from Dashboard → Settings → API Keys → Secret keys",
  });
const keyAsToken = () =>
  new BadRequestError(401, {
    code: "UNUSABLE_CREDENTIAL",
    message: "An API key is not a sign-in token",
    hint: "Send a secret key as the header apikey, not as Authorization",
  });
const noSecretKeys = () =>
  new ConfigurationError("SUPABASE_SECRET_KEYS", "holds no secret key", "The platform sets it.");

function mayNotAct(role: string | null, roles: string[]): BadRequestError {
  return new BadRequestError(403, {
    code: "ROLE_MAY_NOT_ACT",
    message: `The role ${role} may read but not act`,
    hint: `Acting needs one of the roles ${roles.join(", ")} (ZOHO_ACTING_ROLES)`,
  });
}

/** @throws BadRequestError 403 unless the caller is an active admin */
async function activeRole(db: ServiceClient, id: string): Promise<string> {
  const { data, error } = await db.from("admin_users").select("is_active, role").eq("id", id).maybeSingle();
  if (error) throw new DatabaseError(error.code, "admin_users", error.message);
  if (data?.is_active === true) return data.role ?? "";
  throw new BadRequestError(403, {
    code: "NOT_AN_ADMIN",
    message: "Only active admins may call this function",
  });
}

/** One answer per kind of fault; never a stack trace, never a value of a variable or a row. */
function explain(error: unknown, log: Log): Response {
  if (error instanceof BadRequestError) return refuse(error.status, error.refusal);
  if (error instanceof ConfigurationError) {
    log("error", error.message, { code: error.code, variable: error.variable });
    return refuse(500, {
      code: error.code,
      message: `${error.variable} ${error.problem}`,
      field: error.variable,
      hint: error.hint,
    });
  }
  if (error instanceof DatabaseError) {
    log("error", "the database refused a call", { code: error.code, call: error.call });
    return refuse(503, {
      code: "DATABASE",
      message: `The database could not do ${error.call} (${error.code})`,
    });
  }
  log("error", "unexpected fault", { fault: error instanceof Error ? error.name : "unknown" });
  return refuse(500, { code: "INTERNAL", message: "An unexpected fault; the function's log has its name" });
}
