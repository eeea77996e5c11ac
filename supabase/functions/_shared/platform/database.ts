import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database, Json } from "./database.types.ts";

export type ServiceClient = SupabaseClient<Database>;
type Functions = Database["public"]["Functions"];
export type FunctionName = keyof Functions & string;

/** A jsonb argument may be any JSON value; supabase-js serialises it. */
export type Arguments<Name extends keyof Functions> = {
  [Key in keyof Functions[Name]["Args"]]: Json extends Functions[Name]["Args"][Key] ? unknown
    : Functions[Name]["Args"][Key];
};

/** A call to the database failed; `code` is the SQLSTATE or PostgREST's code. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  constructor(readonly code: string, readonly call: string, message: string) {
    super(`${call}: ${message} (${code})`);
  }
}

/**
 * Calls one SQL function: one round trip, one transaction.
 * @throws DatabaseError
 */
export async function callFunction<Name extends FunctionName>(
  client: ServiceClient,
  name: Name,
  args: Arguments<Name>,
): Promise<unknown> {
  // The generated types make every rpc() overload its own; the arguments were checked against this one above.
  const rpc = client.rpc.bind(client) as (
    name: string,
    args: unknown,
  ) => PromiseLike<{ data: unknown; error: { code?: string; message: string } | null }>;
  const { data, error } = await rpc(name, args);
  // supabase-js gives an empty code where no answer came at all, and none to an answer that is not PostgREST's.
  if (error) throw new DatabaseError(error.code || "UNREACHABLE", name, error.message);
  return data;
}
