import { z } from "zod";
import { liveDependencies } from "../app/dependencies.ts";
import { readIdentity } from "../identity/identity.ts";
import { readOrgId } from "../identity/org.ts";
import { callFunction } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import { seedFingerprint } from "../zoho/token.ts";
import type { Answered, DatabaseAdopted, IdentityAnswer } from "./answers.ts";
import { recordAction } from "./audit.ts";
import { countingUpkeep } from "./credits.ts";
import { readOtherEpochs } from "./revisions.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, noArguments, queryOf } from "./validate.ts";
import { answeringFaults } from "./zoho_fault.ts";

/** GET /identity: whose database this is, and which org the credentials in use belong to; a credit. */
export function showIdentity(call: AdminCall): Promise<Response> {
  queryOf(call, noArguments);
  return answeringFaults(call, "the org", async () => {
    const [{ orgCredentials: _, ...identity }, credentialsOrg] = await Promise.all([
      readIdentity(call.db, call.settings.supabaseUrl),
      readOrg(call),
    ]);
    return answer({ success: true, identity, credentialsOrg } satisfies Answered<IdentityAnswer>);
  });
}

const adoption = z.strictObject({
  /** The org that the caller has seen and confirms. */
  org: z.string().regex(/^\d{1,20}$/),
  /** This project takes over from the other one: the org stays. */
  takeOver: z.boolean().default(false),
});

/**
 * POST /adopt: from now on this project writes for this database, for the named org.
 * @throws BadRequestError naming the field, or saying why it is not adopted
 */
export function adoptDatabase(call: AdminCall): Promise<Response> {
  const { org, takeOver } = bodyOf(call, adoption);
  return answeringFaults(call, "the adoption", async () => {
    const { db, settings } = call;
    const [identity, credentialsOrg] = await Promise.all([
      readIdentity(db, settings.supabaseUrl),
      readOrg(call),
    ]);
    const { projectHost, askedBy, isOwn, orgId } = identity;
    if (credentialsOrg !== org) {
      throw refusal("WRONG_ORG", `The credentials belong to the org ${credentialsOrg}, not to ${org}`, "org");
    }
    if (isOwn && (orgId === null || orgId === org)) {
      throw refusal("ALREADY_ADOPTED", `The database belongs to ${askedBy} and the org ${org} already`);
    }
    if (orgId === org && !takeOver) {
      throw refusal(
        "SAME_ORG",
        `${projectHost} writes to this org: stop it first, then say that this project takes over`,
        "takeOver",
      );
    }
    await recordAction(call, "adopt database", {
      projectHost: askedBy,
      org,
      from: { projectHost, org: orgId },
    });
    const [key] = settings.tokenKeys;
    const adopted = await callFunction(db, "zoho_adopt_database", {
      p_project_url: settings.supabaseUrl,
      p_org_id: org,
      p_credentials: key === undefined ? "" : await seedFingerprint(key, settings),
      p_other_epochs: await readOtherEpochs(call),
    });
    const { epoch, channelId, putAside } = adoptedAnswer.parse(adopted);
    return answer(
      { success: true, projectHost: askedBy, org, epoch, channelId, putAside } satisfies Answered<
        DatabaseAdopted
      >,
    );
  });
}

const adoptedAnswer = z.object({
  epoch: z.number(),
  channelId: z.string(),
  putAside: z.record(z.string(), z.number()),
});

function refusal(code: string, message: string, field?: string): BadRequestError {
  return new BadRequestError(409, { code, message, ...(field === undefined ? {} : { field }) });
}

function readOrg({ db, settings, log }: AdminCall): Promise<string> {
  const { zoho } = liveDependencies(db, settings, log);
  return countingUpkeep(db, zoho, () => readOrgId(zoho));
}
