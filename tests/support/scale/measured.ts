import type { SizedTable } from "./installation.ts";

export interface TableBytes {
  rows: number;
  /** With what is stored beside the rows. */
  table: number;
  indexes: number;
}

/**
 * What `deno task bench --only scale` measured on 2026-11-28 (2 cores, 24 GiB, Linux 6.18, AMD EPYC; Postgres 17.10): rows and
 * bytes, which do not depend on how busy the machine is. At a million contracts the search was cut off at 2,265,000 rows.
 */
export const measuredTables: Record<number, Record<SizedTable, TableBytes>> = {
  10_000: {
    zoho_entity_mappings: { rows: 35_000, table: 22_913_024, indexes: 7_225_344 },
    zoho_sync_logs: { rows: 39_500, table: 16_220_160, indexes: 7_045_120 },
    zoho_webhook_events: { rows: 13_500, table: 5_865_472, indexes: 4_857_856 },
    search_entries: { rows: 35_000, table: 8_536_064, indexes: 15_441_920 },
    zoho_accounts: { rows: 5_000, table: 548_864, indexes: 540_672 },
    account_names: { rows: 5_000, table: 466_944, indexes: 638_976 },
    zoho_questions: { rows: 198, table: 114_688, indexes: 98_304 },
    settled_waits: { rows: 800, table: 98_304, indexes: 40_960 },
    reconcile_seen: { rows: 35_000, table: 2_727_936, indexes: 3_416_064 },
    zoho_backfill_items: { rows: 10_000, table: 1_433_600, indexes: 1_449_984 },
  },
  100_000: {
    zoho_entity_mappings: { rows: 350_000, table: 228_786_176, indexes: 72_777_728 },
    zoho_sync_logs: { rows: 395_000, table: 161_865_728, indexes: 72_450_048 },
    zoho_webhook_events: { rows: 135_000, table: 58_261_504, indexes: 46_792_704 },
    search_entries: { rows: 350_000, table: 86_810_624, indexes: 118_341_632 },
    zoho_accounts: { rows: 50_000, table: 5_103_616, indexes: 5_259_264 },
    account_names: { rows: 50_000, table: 4_268_032, indexes: 5_652_480 },
    zoho_questions: { rows: 1_975, table: 770_048, indexes: 262_144 },
    settled_waits: { rows: 8_000, table: 589_824, indexes: 196_608 },
    reconcile_seen: { rows: 350_000, table: 26_845_184, indexes: 28_598_272 },
    zoho_backfill_items: { rows: 100_000, table: 9_814_016, indexes: 13_729_792 },
  },
  1_000_000: {
    zoho_entity_mappings: { rows: 3_500_000, table: 2_287_583_232, indexes: 678_002_688 },
    zoho_sync_logs: { rows: 3_950_000, table: 1_618_731_008, indexes: 706_142_208 },
    zoho_webhook_events: { rows: 1_350_000, table: 582_262_784, indexes: 457_875_456 },
    search_entries: { rows: 2_265_000, table: 571_891_712, indexes: 698_277_888 },
    zoho_accounts: { rows: 500_000, table: 50_618_368, indexes: 53_452_800 },
    account_names: { rows: 500_000, table: 42_278_912, indexes: 59_195_392 },
    zoho_questions: { rows: 19_750, table: 7_389_184, indexes: 1_990_656 },
    settled_waits: { rows: 80_000, table: 5_505_024, indexes: 1_810_432 },
    reconcile_seen: { rows: 3_500_000, table: 268_075_008, indexes: 285_802_496 },
    zoho_backfill_items: { rows: 1_000_000, table: 93_609_984, indexes: 138_248_192 },
  },
};

/** The size that the model reckons with; the others are there to check it. */
export const modelledFrom = 100_000;

/** Rates that hold at every size, each with where it was measured. */
export const measuredRates = {
  /** Processor and database of a page of 200: 3.0 s for 57 calls, Zoho at once (`bench --only reconcile`, 2026-11-23). */
  msOfPage: 52,
  /** Claim and settlement of a drain: commit → Deal in 28 ms, Zoho at once (`bench --only outward`, 2026-11-28). */
  msOfDrain: 28,
  /** Contracts in step a second: 10,000 in 60.8 s, Zoho in 100 ms (`bench --only backfill`, 2026-11-23). */
  backfilledASecond: 164,
  /** Beside the write, for each record: 1,000 quotes and 1,000 invoices cost 215, of them 200 for writing (`bench --only lines`, 2026-11-28). */
  creditsOfFinding: 0.0075,
  /** A row of the search's first walk: 349 ms for 1,000 rows at load 15 to 30, so rather too much (`bench --only scale`, 2026-11-28). */
  msOfSearchRow: 0.35,
} as const;
