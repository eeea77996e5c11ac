import type { WriteGate } from "../identity/write_gate.ts";
import type { FieldValue } from "../mapping/types.ts";
import { type Arguments, callFunction, type FunctionName, type ServiceClient } from "../platform/database.ts";
import { SECOND } from "../platform/duration.ts";
import type { Settings } from "../platform/engine_settings.ts";
import type { Log } from "../platform/log.ts";
import type { ZohoClient } from "../zoho/client.ts";
import type { LineItems } from "../zoho/line_items.ts";
import type { FieldStore } from "../fields/store.ts";
import type { RevisionSpace } from "../merge/revision.ts";
import type { PicklistOption } from "../merge/values.ts";
import { type KnownRevisions, type ModuleHold, spaceOf } from "./claim/change.ts";
import { Probes } from "./claim/probe.ts";
import type { RevisionWatch } from "./claim/revision_watch.ts";
import { keepsRevisions } from "../fields/value_rules.ts";

/** Everything with an effect that a drain needs, passed in. */
export interface SyncDependencies {
  db: ServiceClient;
  zoho: ZohoClient;
  /** Whether this database's project and org are these. The client's writes pass it. */
  gate: WriteGate;
  fields: FieldStore;
  settings: Settings;
  log: Log;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  random: () => number;
  /** Kept as long as the process: what it has made sure of. */
  watch: RevisionWatch;
  /** The same: it knows which line items this org lets nobody query. */
  lineItems: LineItems;
}

/**
 * Renewed before every attempt and every 15 s of a call, so a healthy drain never loses it and a killed one blocks
 * its changes for no longer than this.
 */
export const leaseSeconds = 45;
const heartbeatMs = 15 * SECOND;

/** One log row that is finished; the shape zoho_settle_changes takes. */
export interface ClosedAttempt {
  id: string;
  status: "success" | "retrying" | "failed";
  zoho_entity_id?: string | null;
  error_message?: string | null;
  response_payload?: Record<string, FieldValue | string[]> | null;
  duration_ms: number;
  /** Zoho said no: it was not carried out. */
  is_refused?: boolean;
}

/** One drain under way: its worker id, its attempts that are not yet stored, its leases. */
export class DrainSession {
  /** A dry run asks nobody anything. */
  readonly isDryRun: boolean = false;
  readonly worker = crypto.randomUUID();
  /** Calls at a time that Zoho has put up with, as the last claim said; a wave of few changes may be several calls. */
  callsAtOnce = 1;
  /** The name by which this org takes a renamed option of a picklist, as far as this drain has found out. */
  optionName: keyof PicklistOption = "displayed";
  /** Tells whether Zoho answers when a call of ours has failed. */
  readonly probes: Probes;
  /** Modules that rest, as the last claim and this drain know. */
  readonly holds = new Map<string, ModuleHold>();
  /** What this database knows of its own write revisions. */
  revisions: RevisionSpace | null = null;
  #secondsSinceCheck: number | null = null;
  #databaseStartedAt: string | null = null;
  #closed: ClosedAttempt[] = [];
  #renewedAtMs = 0;

  constructor(readonly deps: SyncDependencies, readonly triesPerCall: number) {
    this.probes = new Probes(deps.zoho, deps.now);
  }

  /** One SQL function. A dry run answers those that write by itself. @throws DatabaseError */
  call<Name extends FunctionName>(name: Name, args: Arguments<Name>): Promise<unknown> {
    return callFunction(this.deps.db, name, args);
  }

  knows(revisions: KnownRevisions | null): void {
    if (revisions === null) return;
    this.revisions = spaceOf(revisions);
    this.#secondsSinceCheck = revisions.checked_seconds_ago;
    this.#databaseStartedAt = revisions.database_started_at ?? null;
  }

  /**
   * Makes sure, before anything is written, that no record carries a write which this database does not remember.
   * @throws UnknownWritesError, ZohoCallError, ZohoTokenError, DatabaseError
   */
  async checkRevisions(): Promise<void> {
    const { watch, db, zoho, fields, log } = this.deps;
    if (this.revisions === null || !keepsRevisions(await fields.rules())) return;
    await watch.check({ zoho, db, log }, this.revisions, this.#secondsSinceCheck, this.#databaseStartedAt);
  }

  close(attempt: ClosedAttempt): void {
    this.#closed.push(attempt);
  }

  /** Finished log rows since the last time it was asked. */
  takeClosed(): ClosedAttempt[] {
    return this.#closed.splice(0);
  }

  /** Opens log rows, stores the closed ones and renews the leases; answers the entities that are no longer ours. */
  async record(opened: Record<string, unknown>[]): Promise<Set<string>> {
    this.#renewedAtMs = this.deps.now();
    const lost = await callFunction(this.deps.db, "zoho_record_attempts", {
      p_worker: this.worker,
      p_lease_seconds: leaseSeconds,
      p_opened: opened,
      p_closed: this.takeClosed(),
    });
    return new Set(Array.isArray(lost) ? lost.map(String) : []);
  }

  /** Waits for a call that may outlive the lease (a token to be had first, a repeat after a 401) and keeps it. */
  async whileHeld<T>(work: Promise<T>): Promise<T> {
    const heartbeat = setInterval(() => {
      this.record([]).catch(() => {
        // The database is away; if it stays away the lease runs out, as it should.
      });
    }, heartbeatMs);
    try {
      return await work;
    } finally {
      clearInterval(heartbeat);
    }
  }

  leasesTaken(): void {
    this.#renewedAtMs = this.deps.now();
  }

  /** Before a read of Zoho, which opens no row: renews when the lease is a little old. */
  async keepLeases(): Promise<void> {
    if (this.deps.now() - this.#renewedAtMs > 5 * SECOND) await this.record([]);
  }
}
