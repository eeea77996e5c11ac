import { z } from "zod";
import { callFunction, type ServiceClient } from "../platform/database.ts";
import type { Settings } from "../platform/engine_settings.ts";
import { isRecord } from "../platform/is_record.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { ZohoCallError } from "../zoho/faults.ts";
import type { ZohoRequest } from "../zoho/request.ts";
import { seedFingerprint } from "../zoho/token.ts";
import { notThisProject, observing, wrongOrg } from "./faults.ts";
import { type Identity, readIdentity } from "./identity.ts";
import { readOrgId } from "./org.ts";

const mayNotAsk = new Set(["OAUTH_SCOPE_MISMATCH", "NO_PERMISSION", "AUTHORIZATION_FAILED"]);

const notedOrg = z.object({ orgId: z.string().nullable(), isOwn: z.boolean() });

/** Every write to Zoho passes here: only from this database's project, to its org, and not in observe mode. */
export class WriteGate {
  #identity: Identity | null = null;

  constructor(private readonly deps: { db: ServiceClient; zoho: ZohoClient; settings: Settings }) {}

  /** Takes the identity that a claim has just returned, which saves a query. */
  knows(identity: Identity): void {
    this.#identity = identity;
  }

  /** Before a write. @throws IdentityError, ZohoCallError, ZohoTokenError, DatabaseError */
  async open(): Promise<void> {
    const identity = await this.#read();
    if (identity.isOwn && identity.observingSince !== null) throw observing();
    await this.belong();
  }

  /** Before anything read from the org is stored, also in observe mode. @throws as open() */
  async belong(): Promise<void> {
    const identity = await this.#read();
    if (!identity.isOwn) throw notThisProject(identity);
    await this.#makeSureOfOrg(identity);
  }

  async #read(): Promise<Identity> {
    return this.#identity ??= await readIdentity(this.deps.db, this.deps.settings.supabaseUrl);
  }

  /** Null if the token lacks the scope and no org is pinned yet to compare with; the doctor names the scope. */
  async #readOrg({ orgId }: Identity): Promise<string | null> {
    try {
      return await readOrgId(this.deps.zoho);
    } catch (fault) {
      if (orgId === null && fault instanceof ZohoCallError && mayNotAsk.has(fault.code)) return null;
      throw fault;
    }
  }

  /** Asks Zoho once for new credentials; known ones are not checked again. */
  async #makeSureOfOrg(identity: Identity): Promise<void> {
    const { db, settings } = this.deps;
    const [key] = settings.tokenKeys;
    const credentials = key === undefined ? "" : await seedFingerprint(key, settings);
    if (identity.orgId !== null && identity.orgCredentials === credentials) return;
    const org = await this.#readOrg(identity);
    if (org === null) return;
    const noted = notedOrg.parse(
      await callFunction(db, "zoho_note_org", { p_org_id: org, p_credentials: credentials }),
    );
    if (!noted.isOwn) throw wrongOrg(noted.orgId, org);
    this.#identity = { ...identity, orgId: org, orgCredentials: credentials };
  }
}

/** A client whose writes pass the gate. */
export function gated(zoho: ZohoClient, gate: WriteGate): ZohoClient {
  return {
    runWorkflows: zoho.runWorkflows,
    ready: () => zoho.ready(),
    takeSpent: () => zoho.takeSpent(),
    call: async (request) => {
      if (isWrite(request)) await gate.open();
      return await zoho.call(request);
    },
  };
}

/** A query is a POST that only reads; a call that carries nothing asks about a right (zoho/scopes.ts). */
function isWrite({ method, path, body }: ZohoRequest): boolean {
  if (method === "GET" || path === "/coql") return false;
  const carried = isRecord(body) ? Object.values(body) : [];
  return !carried.some((each) => Array.isArray(each) && each.length === 0);
}
