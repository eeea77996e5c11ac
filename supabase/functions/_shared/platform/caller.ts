import { withSupabase } from "@supabase/server";
import type { Database } from "./database.types.ts";
import { DatabaseError, type ServiceClient } from "./database.ts";
import { ConfigurationError, type Settings } from "./env.ts";
import { BadRequestError, boundBody, refuse } from "./http.ts";
import type { Log } from "./log.ts";
import { settings } from "./settings.ts";

export interface Caller {
  /** "secret key" or "admin": how the caller proved who they are. */
  kind: "secret key" | "admin";
  /** The admin's id; null for a key. */
  adminId: string | null;
}

export interface CallContext {
  db: ServiceClient;
  settings: Settings;
  caller: Caller;
}

/**
 * A handler for callers with a secret key of the project (apikey header: pg_net, pg_cron, servers) or an active
 * admin's JWT. Everybody else gets 401 or 403; a fault in our own variables is answered with the variable's name.
 */
export function forOperators(
  log: Log,
  handle: (request: Request, context: CallContext) => Promise<Response>,
): (request: Request) => Promise<Response> {
  return withSupabase<Database>({ auth: ["secret:*", "user"] }, async (request, context) => {
    try {
      const db = context.supabaseAdmin;
      const caller: Caller = context.userClaims
        ? { kind: "admin", adminId: context.userClaims.id }
        : { kind: "secret key", adminId: null };
      if (caller.adminId !== null && !await isActiveAdmin(db, caller.adminId)) {
        return refuse(403, { code: "NOT_AN_ADMIN", message: "Only active admins may call this function" });
      }
      return await handle(request, { db, settings: settings(), caller });
    } catch (error) {
      return explain(error, log);
    }
  });
}

/** A handler that anybody may call; it lets in whom it can verify. More than the longest body is never read. */
export function forEverybody(
  log: Log,
  longestBodyBytes: number,
  handle: (request: Request, db: ServiceClient) => Promise<Response>,
): (request: Request) => Promise<Response> {
  const serve = withSupabase<Database>(
    { auth: "none", cors: "disabled" },
    async (request, { supabaseAdmin }) => {
      try {
        return await handle(request, supabaseAdmin);
      } catch (error) {
        return explain(error, log);
      }
    },
  );
  return async (request) => serve(await boundBody(request, longestBodyBytes));
}

async function isActiveAdmin(db: ServiceClient, id: string): Promise<boolean> {
  const { data, error } = await db.from("admin_users").select("is_active").eq("id", id).maybeSingle();
  if (error) throw new DatabaseError(error.code, "admin_users", error.message);
  return data?.is_active === true;
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
