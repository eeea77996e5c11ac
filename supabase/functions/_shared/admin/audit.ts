import { DatabaseError } from "../platform/database.ts";
import type { Json } from "../platform/database.types.ts";
import type { AdminCall } from "./router.ts";

/** The caller as recorded: an admin's id, or "secret key". */
export function actorOf({ caller }: AdminCall): string {
  return caller.adminId ?? caller.kind;
}

/** Records an act and its caller before it is carried out. @throws DatabaseError */
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
