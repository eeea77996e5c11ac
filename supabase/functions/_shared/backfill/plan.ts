import { z } from "zod";
import type { Fields } from "../mapping/types.ts";
import { change, type Settlement } from "../sync/claim/change.ts";
import type { SyncDependencies } from "../sync/drain_session.ts";
import { workWave } from "../sync/wave.ts";
import { mostTriesPerCall } from "../sync/attempts/backoff.ts";
import { DryRun, DryRunZoho, type PlannedWrite } from "../sync/by_hand/dry_run.ts";
import type { RecordKind } from "../sync/claim/kinds.ts";

/** A change as a claim would return it; `refusal` is the reason why the entity would never be queued. */
export const plannedChange = change.extend({ refusal: z.string().nullish() });
type PlannedChange = z.infer<typeof plannedChange>;

/** The expected outcome of an entity, with the reason for a refusal; the shape zoho_backfill_planned takes. */
interface PlannedItem {
  entity_id: string;
  plan: "create" | "update" | "skip" | "link" | "refuse";
  reason: string | null;
  would: Would | null;
}

/** What would happen to an entity; readable, names and e-mail masked. */
interface Would {
  zohoId: string | null;
  /** The fields that its record would get; null when nothing would be sent. */
  sends: Fields | null;
  /** The status that a contract would get from Zoho. */
  takesIn: string | null;
  /** Kinds of questions that a person would be asked. */
  asks: string[];
}

/** A record that would exist after this page, so that the next page can link to it. */
interface PlannedLink {
  kind: "account" | "customer" | "product";
  key: string;
  zoho_id: string;
}

interface PlannedPage {
  items: PlannedItem[];
  links: PlannedLink[];
  /** `estimated` is what the page would cost; the others are what the dry run of it has cost. */
  credits: { estimated: number; spent: number; calls: number };
}

/**
 * A dry run of one wave of the drain: the same code, the same reads of Zoho, and every write answered by ourselves.
 * @throws ZohoCallError, ZohoTokenError when Zoho could not be read
 */
export async function planPage(
  deps: SyncDependencies,
  kind: RecordKind,
  changes: PlannedChange[],
  knownProducts: Record<string, string> = {},
): Promise<PlannedPage> {
  const zoho = new DryRunZoho(deps.zoho, kind);
  zoho.takeSpent();
  const products = new Map(Object.entries(knownProducts));
  const session = new DryRun({ ...deps, zoho }, mostTriesPerCall, { products });
  const wave = await workWave(session, changes);
  if (wave.fault !== null) throw wave.fault;
  const settlements = new Map(wave.settlements.map((settlement) => [settlement.entity_id, settlement]));
  const { credits: spent, calls } = zoho.takeSpent();
  // A customer's record is a Contact, which is written while links are resolved.
  const contacts = new Map(wave.links.map((link) => [link.circletel_id, link.zoho_id]));
  return {
    items: changes.map((change) => {
      const settlement = settlements.get(change.entity_id);
      const contactId = contacts.get(change.entity_id);
      const written = zoho.written.get(settlement?.record?.zoho_id ?? contactId ?? "");
      // A Contact that the e-mail found is written by its id.
      const isFound = contactId !== undefined && change.mapping === null && written !== "create";
      return {
        ...planItem(change, settlement, isFound ? "link" : written),
        would: settlement === undefined ? null : wouldOf(session, kind, settlement, contactId),
      };
    }),
    links: [
      ...[...products].filter(([key]) => !Object.hasOwn(knownProducts, key))
        .map(([key, zoho_id]): PlannedLink => ({ kind: "product", key, zoho_id })),
      ...wave.accounts.map(({ account_key, zoho_id }): PlannedLink => ({
        kind: "account",
        key: account_key,
        zoho_id,
      })),
      ...wave.links.map(({ circletel_id, zoho_id }): PlannedLink => ({
        kind: "customer",
        key: circletel_id,
        zoho_id,
      })),
    ],
    credits: { estimated: zoho.estimated, spent, calls },
  };
}

function wouldOf(
  session: DryRun,
  { zohoType }: RecordKind,
  { entity_type, entity_id, record, take_in, questions }: Settlement,
  contactId: string | undefined,
): Would {
  return {
    zohoId: record?.zoho_id ?? contactId ?? null,
    sends: session.sentTo(zohoType, entity_type, entity_id),
    takesIn: take_in?.status ?? null,
    asks: (questions ?? []).map(({ kind }) => kind),
  };
}

/** The expected outcome of an entity, from the dry run's settlement. */
export function planItem(
  change: Pick<PlannedChange, "entity_id" | "refusal" | "mapping">,
  settlement: Settlement | undefined,
  written: PlannedWrite | undefined,
): Omit<PlannedItem, "would"> {
  const refuse = (reason: string): Omit<PlannedItem, "would"> => ({
    entity_id: change.entity_id,
    plan: "refuse",
    reason,
  });
  const as = (plan: PlannedItem["plan"]): Omit<PlannedItem, "would"> => ({
    entity_id: change.entity_id,
    plan,
    reason: null,
  });
  if (change.refusal != null) return refuse(change.refusal);
  if (!settlement) return refuse("INTERNAL");
  if (settlement.outcome === "dead" || settlement.outcome === "retry") {
    return refuse(settlement.error?.code ?? "INTERNAL");
  }
  const [asked] = settlement.questions ?? [];
  if (written === undefined && asked?.kind === "record_gone") return refuse("RECORD_NOT_FOUND");
  if (written === undefined && (asked?.kind === "record_found" || asked?.kind === "contact_match")) {
    return refuse("QUESTION");
  }
  if (written === undefined && asked?.kind === "record_taken") return refuse("RECORD_TAKEN");
  return as(written ?? "skip");
}
