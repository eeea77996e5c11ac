import { z } from "zod";
import { liveDependencies } from "../app/dependencies.ts";
import { callFunction, DatabaseError } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { ZohoCallError } from "../zoho/faults.ts";
import { findOtherEpochs } from "../sync/claim/other_epochs.ts";
import type { Answered, RevisionsAdopted } from "./answers.ts";
import { recordAction } from "./audit.ts";
import { countingUpkeep } from "./credits.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf } from "./validate.ts";
import { answeringFaults } from "./zoho_fault.ts";

/** The first six digits of a revision (merge/revision.ts). */
const epochNumber = z.number().int().min(100_000).max(899_999);
const request = z.strictObject({ otherEpochs: z.array(epochNumber).max(20).optional() });

/**
 * POST /revisions/adopt: resumes after a restore, or beside another deployment. The epochs of the other writer are read
 * from Zoho's records unless they are given. Records with a write that this database does not remember are asked about.
 *
 * @throws BadRequestError naming the field
 */
export function adoptRevisions(call: AdminCall): Promise<Response> {
  return answeringFaults(call, "revisions", async () => {
    const given = bodyOf(call, request).otherEpochs;
    const otherEpochs = given ?? await readOtherEpochs(call);
    await recordAction(call, "adopt revisions", { otherEpochs });
    const epoch = z.number().parse(
      await callFunction(call.db, "zoho_adopt_revisions", { p_other_epochs: otherEpochs }),
    );
    return answer({ success: true, epoch, otherEpochs } satisfies Answered<RevisionsAdopted>);
  });
}

/**
 * The epochs in which something else has written to the org; none where its Deals have no revision yet.
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function readOtherEpochs({ db, settings, log }: AdminCall): Promise<number[]> {
  const { data, error } = await db.from("zoho_sync_state").select("revision_epoch, earlier_epochs")
    .maybeSingle();
  if (error) throw new DatabaseError(error.code, "zoho_sync_state", error.message);
  if (data === null) return [];
  const { zoho } = liveDependencies(db, settings, log);
  try {
    return await countingUpkeep(
      db,
      zoho,
      () => findOtherEpochs(zoho, data.revision_epoch, data.earlier_epochs),
    );
  } catch (fault) {
    if (fault instanceof ZohoCallError && fault.code === "INVALID_QUERY") return [];
    throw fault;
  }
}
