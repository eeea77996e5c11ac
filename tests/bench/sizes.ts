import { type AdminSize, yearsOfWork } from "../support/fill_admin.ts";

export interface SizeOptions {
  /** Rows in the log and in the mappings, the case to compare with first. */
  rows: number[];
  rounds: number;
  oldRows: number;
}

export interface EngineSizes {
  /** Contracts queued at once, smallest first. */
  queued: number[];
  /** Contracts that the baseline works; the rest is extrapolated. */
  sample: number;
}

/** How much of everything; the goals are meant for the real sizes. */
export interface Sizes {
  triggerRounds: number;
  contracts: number;
  edits: number;
  calls: number;
  events: number;
  /** Contracts that were there before the sync was. */
  backfill: number;
  engine: EngineSizes;
  reconciled: number;
  size: SizeOptions;
  /** Contracts of whole installations: their tables, and their largest statements. */
  installations: number[];
  admin: AdminSize;
  /** Contracts, each with its quote, customer and invoice. */
  searched: number;
  /** Deals in the simulator. */
  simulated: number;
  starts: number;
}

export const realSizes: Sizes = {
  triggerRounds: 7,
  contracts: 1000,
  edits: 200,
  calls: 500,
  events: 4000,
  backfill: 10_000,
  engine: { queued: [10_000, 100_000], sample: 100 },
  reconciled: 10_000,
  size: { rows: [1_000, 100_000, 1_000_000], rounds: 20, oldRows: 50_000 },
  installations: [10_000, 100_000, 1_000_000],
  admin: yearsOfWork,
  searched: 100_000,
  simulated: 100_000,
  starts: 5,
};

/** All of it within about a minute: shows that everything works, not how fast. */
export const quickSizes: Sizes = {
  triggerRounds: 2,
  contracts: 1000,
  edits: 20,
  calls: 100,
  events: 1000,
  backfill: 600,
  engine: { queued: [1_000, 11_000], sample: 10 },
  reconciled: 1_000,
  size: { rows: [1_000, 10_000, 50_000], rounds: 5, oldRows: 5_000 },
  // Below it a table is mostly its last page, and no model holds.
  installations: [10_000],
  admin: { contracts: 5_000, logs: 20_000, recent: 2_000, queued: 5_000, events: 5_000 },
  searched: 5_000,
  simulated: 5_000,
  starts: 2,
};
