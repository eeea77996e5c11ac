import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf } from "./validate.ts";

const onePerson = z.strictObject({ customerId: z.guid() });
const actor = ({ caller }: AdminCall) => caller.adminId ?? caller.kind;

/** POST /people/export: what the sync holds of one customer, by table. @throws BadRequestError naming the field */
export async function exportPerson(call: AdminCall): Promise<Response> {
  const { customerId } = bodyOf(call, onePerson);
  const held = await callFunction(call.db, "zoho_export_person", {
    p_customer_id: customerId,
    p_by: actor(call),
  });
  return answer({ success: true, held });
}

/** POST /people/erase: takes one customer out of the sync's own tables. @throws BadRequestError naming the field */
export async function erasePerson(call: AdminCall): Promise<Response> {
  const { customerId } = bodyOf(call, onePerson);
  const erased = await callFunction(call.db, "zoho_erase_person", {
    p_customer_id: customerId,
    p_by: actor(call),
  });
  return answer({ success: true, erased });
}
