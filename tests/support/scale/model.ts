import {
  type Installation,
  installationRows,
  recordsOf,
  type SizedTable,
  sizedTables,
} from "./installation.ts";
import { measuredRates as rates, measuredTables, modelledFrom } from "./measured.ts";

/** How far the model may be from what the bench measures; the bench and a unit test say when it is further. */
export const statedError = { bytes: 0.1, credits: 0.05, hours: 0.1 } as const;

/** What an organisation has to spend, and how fast its Zoho answers. */
export interface Budget {
  creditsADay: number;
  zohoMs: number;
}

export interface Forecast {
  rows: number;
  bytes: number;
  /** Of the day's credits: changes and sellers' edits, and the hourly comparison of what changed. */
  liveCredits: number;
  hourlyCredits: number;
  /** One comparison of everything. */
  compareCredits: number;
  compareHours: number;
  /** Every record written once. */
  backfillCredits: number;
  backfillHours: number;
  /** Until everything can be found, from an empty search. */
  searchHours: number;
  /** Attempts and hints that a night removes. */
  purgedANight: number;
}

/** Zoho's largest pages and batches (api-limits page). */
const recordsPerPage = 200;
const recordsPerLook = 100;
const recordsPerWriteCredit = 10;
/** A page of 200 Quotes or Invoices and the queries of its line items. */
const callsOfPageWithLines = 5;
/** Modules that are asked for deletions in each comparison. */
const deletionCalls = 6;
const entityLists = 4;
/** Changes are made while people work. */
const workingSeconds = 10 * 3_600;
/** From there on a backfill and a comparison wait for credits to come back (zoho_sync.lane_by_credits). */
const backgroundShare = 0.8;
/** keep_search works three seconds of thirty. */
const searchDuty = 0.1;

/** Bytes of each table with its indexes, as many as its rows took where the model was taken from. */
export function bytesOf(installation: Installation): Record<SizedTable, number> {
  return bytesOfRows(installationRows(installation));
}

export function bytesOfRows(rows: Record<SizedTable, number>): Record<SizedTable, number> {
  const known = measuredTables[modelledFrom];
  if (!known) throw new Error(`${modelledFrom} contracts were not measured`);
  const bytes = sizedTables.map((name) => {
    const { rows: count, table, indexes } = known[name];
    return [name, rows[name] * (table + indexes) / count];
  });
  return Object.fromEntries(bytes) as Record<SizedTable, number>;
}

export function forecast(installation: Installation, budget: Budget): Forecast {
  const { changesADay, editsADay } = installation;
  const rows = installationRows(installation);
  const bytes = bytesOf(installation);
  const liveCredits = liveCreditsOf(installation, budget);
  const hourlyCredits = 24 * (deletionCalls + entityLists) +
    Math.ceil(2 * (changesADay + editsADay) / recordsPerPage);
  const left = Math.max(0, budget.creditsADay * backgroundShare - liveCredits - hourlyCredits);
  const compareCredits = compareCreditsOf(installation);
  const backfillCredits = backfillCreditsOf(installation);
  return {
    rows: sizedTables.reduce((sum, table) => sum + rows[table], 0),
    bytes: sizedTables.reduce((sum, table) => sum + bytes[table], 0),
    liveCredits,
    hourlyCredits,
    compareCredits,
    // A call is a credit, and one call is made after the other.
    compareHours: hoursWithin(
      compareCredits * (rates.msOfPage + budget.zohoMs) / 3_600_000,
      compareCredits,
      left,
    ),
    backfillCredits,
    backfillHours: hoursWithin(
      recordsOf(installation) / rates.backfilledASecond / 3_600,
      backfillCredits,
      left,
    ),
    searchHours: recordsOf(installation) * rates.msOfSearchRow / searchDuty / 3_600_000,
    purgedANight: 2 * changesADay + editsADay,
  };
}

/** A change is looked at and written, an edit looked at; whatever comes while a drain is at work goes together. */
function liveCreditsOf({ changesADay, editsADay }: Installation, { zohoMs }: Budget): number {
  const drainSeconds = (2 * zohoMs + rates.msOfDrain) / 1_000;
  const together = Math.max(1, changesADay * drainSeconds / workingSeconds);
  const drains = changesADay / together;
  const looks = Math.ceil(together / recordsPerLook);
  const edits = Math.max(1, editsADay * drainSeconds / workingSeconds);
  return Math.round(
    drains * (looks + Math.ceil(together / recordsPerWriteCredit)) +
      editsADay / edits * Math.ceil(edits / recordsPerLook),
  );
}

/** One page after the other of every kind; line items of Quotes and Invoices are queried beside their page. */
export function compareCreditsOf({ contracts, customers, quotes, invoices }: Installation): number {
  const pages = (records: number) => Math.ceil(records / recordsPerPage);
  return pages(contracts) + pages(customers) + callsOfPageWithLines * (pages(quotes) + pages(invoices)) +
    deletionCalls;
}

/** Every record and every company's Account is looked for and written. */
export function backfillCreditsOf(installation: Installation): number {
  const written = recordsOf(installation) + installation.customers;
  return Math.round(written * (1 / recordsPerWriteCredit + rates.creditsOfFinding));
}

/** As long as the work takes, or as the credits take to come back; for ever where live changes need all of them. */
function hoursWithin(hours: number, credits: number, creditsADay: number): number {
  return Math.max(hours, credits > creditsADay ? 24 * credits / creditsADay : 0);
}

/** By how much a figure of the model is above what was measured. */
export function deviation(modelled: number, measured: number): number {
  return modelled / measured - 1;
}
