import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import type { Answered } from "./answer.ts";
import type { PersonErasedAnswer, PersonExportAnswer } from "./person_answer.ts";
import { actorOf } from "./audit.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf } from "./validate.ts";

const onePerson = z.strictObject({ customerId: z.guid() });
const rowsByTable = z.record(z.string(), z.array(z.unknown()));
const countsByTable = z.record(z.string(), z.number());

/** POST /people/export: what the sync holds of one customer, by table. @throws BadRequestError naming the field */
export async function exportPerson(call: AdminCall): Promise<Response> {
  const { customerId } = bodyOf(call, onePerson);
  const held = rowsByTable.parse(
    await callFunction(call.db, "zoho_export_person", { p_customer_id: customerId, p_by: actorOf(call) }),
  );
  return answer({ success: true, held } satisfies Answered<PersonExportAnswer>);
}

/** POST /people/erase: takes one customer out of the sync's own tables. @throws BadRequestError naming the field */
export async function erasePerson(call: AdminCall): Promise<Response> {
  const { customerId } = bodyOf(call, onePerson);
  const erased = countsByTable.parse(
    await callFunction(call.db, "zoho_erase_person", { p_customer_id: customerId, p_by: actorOf(call) }),
  );
  return answer({ success: true, erased } satisfies Answered<PersonErasedAnswer>);
}
