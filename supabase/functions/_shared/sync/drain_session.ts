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

/** Everything with side effects that a drain needs. */
export interface SyncDependencies {
  db: ServiceClient;
  zoho: ZohoClient;
  /** Checks that the database belongs to this project and org before any write. */
  gate: WriteGate;
  fields: FieldStore;
  settings: Settings;
  log: Log;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  random: () => number;
  /** Lives as long as the process and remembers its checks. */
  watch: RevisionWatch;
  /** Lives as long as the process: knows which line items this org does not let it query. */
  lineItems: LineItems;
}

/**
 * The lease is renewed before every attempt and every 15 s of a call, so a healthy drain never loses it and a killed one blocks
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
  /** Zoho refused it, so it was not carried out. */
  is_refused?: boolean;
}

/** One active drain: its worker id, its leases, and its finished attempts that are not stored yet. */
export class DrainSession {
  /** A dry run asks no questions. */
  readonly isDryRun: boolean = false;
  readonly worker = crypto.randomUUID();
  /** Concurrent calls that Zoho has accepted so far, from the last claim. */
  callsAtOnce = 1;
  /** Which name of a renamed picklist option this org accepts, as far as this drain has learned. */
  optionName: keyof PicklistOption = "displayed";
  /** Checks whether Zoho answers after a failed call. */
  readonly probes: Probes;
  /** Held modules, from the last claim and this drain. */
  readonly holds = new Map<string, ModuleHold>();
  /** The write revisions that this database has handed out. */
  revisions: RevisionSpace | null = null;
  #secondsSinceCheck: number | null = null;
  #databaseStartedAt: string | null = null;
  #closed: ClosedAttempt[] = [];
  #renewedAtMs = 0;

  constructor(readonly deps: SyncDependencies, readonly triesPerCall: number) {
    this.probes = new Probes(deps.zoho, deps.now);
  }

  /** Calls one SQL function; a dry run answers those that write itself. @throws DatabaseError */
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
   * Checks, before anything is written, that no record carries a write that this database does not remember.
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

  /** Returns and clears the finished log rows. */
  takeClosed(): ClosedAttempt[] {
    return this.#closed.splice(0);
  }

  /** Opens log rows, stores the closed ones and renews the leases; returns the entities whose lease was lost. */
  async record(opened: Record<string, unknown>[]): Promise<Set<string>> {
    this.#renewedAtMs = this.deps.now();
    const closed = this.takeClosed();
    try {
      const lost = await callFunction(this.deps.db, "zoho_record_attempts", {
        p_worker: this.worker,
        p_lease_seconds: leaseSeconds,
        p_opened: opened,
        p_closed: closed,
      });
      return new Set(Array.isArray(lost) ? lost.map(String) : []);
    } catch (error) {
      // Closing a row twice changes nothing; a row that is not closed would be taken for an interrupted attempt.
      this.#closed.unshift(...closed);
      throw error;
    }
  }

  /** Waits for a call that may outlast the lease (a token fetched first, a repeat after a 401) and renews the lease meanwhile. */
  async whileHeld<T>(work: Promise<T>): Promise<T> {
    const heartbeat = setInterval(() => {
      this.record([]).catch(() => {
        // The database is unreachable; if that lasts, the lease runs out, as it should.
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

  /** Before a read of Zoho, which opens no row: renews a lease older than five seconds. */
  async keepLeases(): Promise<void> {
    if (this.deps.now() - this.#renewedAtMs > 5 * SECOND) await this.record([]);
  }
}
