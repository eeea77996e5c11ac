import { z } from "zod";
import { liveDependencies } from "../app/dependencies.ts";
import { needsPerson, type PlannedField } from "../fields/plan.ts";
import { type Applied, provisionFields } from "../fields/provision.ts";
import { answer } from "../platform/http.ts";
import { recordAction } from "./audit.ts";
import { countingUpkeep } from "./credits.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, noArguments, queryOf } from "./validate.ts";
import { answeringFaults } from "./zoho_fault.ts";

const applyRequest = z.strictObject({
  apply: z.literal(true, { error: "give true; GET /fields answers the plan alone" }),
});

/**
 * What the org's fields are, and what applying the plan would do. Reading them also updates what the drains know.
 *
 * @throws BadRequestError naming the parameter
 */
export async function planFields(call: AdminCall): Promise<Response> {
  queryOf(call, noArguments);
  return await answeringFaults(call, "fields", async () => {
    const { zoho, fields } = liveDependencies(call.db, call.settings, call.log);
    return answerPlan(await countingUpkeep(call.db, zoho, () => fields.read(zoho)), []);
  });
}

/** Makes the fields that are missing. @throws BadRequestError naming the field */
export async function applyFields(call: AdminCall): Promise<Response> {
  bodyOf(call, applyRequest);
  await recordAction(call, "fields: apply", {});
  return await answeringFaults(call, "fields", async () => {
    const { zoho, fields } = liveDependencies(call.db, call.settings, call.log);
    const { plan, applied } = await countingUpkeep(call.db, zoho, () => provisionFields(zoho, fields));
    return answerPlan(plan, applied);
  });
}

function answerPlan(plan: PlannedField[], applied: Applied[]): Response {
  return answer({
    success: applied.every(({ did }) => did !== "refused"),
    plan: plan.map((planned) => {
      const { module, field, apiName, outcome, note, action } = planned;
      return {
        module,
        field,
        apiName,
        outcome,
        note,
        willApply: action !== null,
        forPerson: needsPerson(planned),
      };
    }),
    applied,
    toApply: plan.filter(({ action }) => action !== null).length,
    forPerson: plan.filter(needsPerson).length,
  });
}
