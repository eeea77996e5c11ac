import { DatabaseError } from "../platform/database.ts";
import type { Json } from "../platform/database.types.ts";
import type { AdminCall } from "./router.ts";

/** Who asked, as it is written down: an admin's id, or "secret key". */
export function actorOf({ caller }: AdminCall): string {
  return caller.adminId ?? caller.kind;
}

/** Writes down who asked for what, before it is done. @throws DatabaseError */
export async function recordAction(
  call: AdminCall,
  action: string,
  details: NonNullable<Json>,
): Promise<void> {
  const { error } = await call.db.from("zoho_admin_actions").insert({
    actor: actorOf(call),
    action,
    details,
  });
  if (error) throw new DatabaseError(error.code, "zoho_admin_actions", error.message);
}
