import type { z } from "zod";
import { accountName } from "../../mapping/account.ts";
import { contact, contactProjection } from "../../mapping/contact.ts";
import { deal } from "../../mapping/deal.ts";
import { estimate, quoteLines } from "../../mapping/estimate.ts";
import { invoice, invoiceLines } from "../../mapping/invoice.ts";
import type { Party } from "../../mapping/party.ts";
import type { Product } from "../../mapping/product.ts";
import { type How, project, type RecordType } from "../../mapping/record_type.ts";
import { firstStageOf, type Stage, statusOfContract } from "../../mapping/stage.ts";
import type { ContractStatus, EntityType, Fields } from "../../mapping/types.ts";
import type { Settings } from "../../platform/engine_settings.ts";
import type { Change } from "./change.ts";
import { customerSource, sourceOf } from "./sources.ts";

/** A change's source in terms that all kinds of record share. */
export interface Subject {
  party: Party;
  /** The company's name; null when the record has none. */
  company: string | null;
  /** The Products of its line items. */
  products: Product[];
  /** The record id that the original service stored. */
  keptId: string | null;
  /** The status that shares its stage with Zoho, and the stage of a new record whose status asks for none. */
  shared: { status: ContractStatus; firstStage: Stage } | null;
  /**
   * The fields that CircleTel owns, as the record should hold them now.
   * @throws RangeError for a row that no projection can be made of
   */
  project(how: How): Fields;
}

/** A kind of record that an entity owns: its declaration, and how its source is read. */
export interface RecordKind extends RecordType {
  zohoType: "Deals" | "Estimates" | "Invoices" | "Contacts";
  entityType: EntityType;
  /** Fields of a new record in addition to its projection. */
  atCreation?: (settings: Settings) => Fields;
  /** The parsed source, or the field that the mapping does not know. */
  read: (source: unknown) => Subject | { field: string };
}

/** A change with its parsed source. */
export interface Entity {
  change: Change;
  kind: RecordKind;
  subject: Subject;
}

/** A record without line items and without a stage. */
const plain = { products: [], keptId: null, shared: null };

/** In the order in which a comparison visits them. */
export const kinds: Readonly<Record<EntityType, RecordKind>> = {
  contract: {
    ...deal,
    // Mandatory for a new Deal where pipelines are on (insert-records page); a seller may move it on.
    atCreation: ({ pipeline }): Fields => pipeline === null ? {} : { Pipeline: pipeline },
    read: readWith(sourceOf(deal), (source) => ({
      ...plain,
      party: source,
      company: accountName(source),
      keptId: source.contract.zoho_deal_id,
      shared: { status: statusOfContract(source.contract), firstStage: firstStageOf(source.contract) },
      project: (how) => project(deal, source, how),
    })),
  },
  quote: {
    ...estimate,
    read: readWith(sourceOf(estimate), (source) => ({
      ...plain,
      party: source,
      company: accountName(source),
      products: quoteLines(source).map(({ product }) => product),
      project: (how) => project(estimate, source, how),
    })),
  },
  customer: {
    ...contact,
    read: readWith(customerSource, (party) => ({
      ...plain,
      party,
      company: null,
      project: () => party.customer === null ? {} : contactProjection(party.customer),
    })),
  },
  invoice: {
    ...invoice,
    read: readWith(sourceOf(invoice), (source) => ({
      ...plain,
      party: source,
      company: accountName({ quote: { company_name: source.company_name ?? "" }, customer: source.customer }),
      products: invoiceLines(source).map(({ product }) => product),
      project: (how) => project(invoice, source, how),
    })),
  },
};

function readWith<S>(schema: z.ZodType<S>, subjectOf: (source: S) => Subject): RecordKind["read"] {
  return (source) => {
    const parsed = schema.safeParse(source);
    if (parsed.success) return subjectOf(parsed.data);
    return { field: parsed.error.issues[0]?.path.join(".") ?? "" };
  };
}
