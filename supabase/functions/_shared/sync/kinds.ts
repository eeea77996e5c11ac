import type { z } from "zod";
import { accountName } from "../mapping/account.ts";
import { dealProjection } from "../mapping/deal.ts";
import { estimateProjection, quoteLines } from "../mapping/estimate.ts";
import { invoiceLines, invoiceProjection } from "../mapping/invoice.ts";
import { contactOwners, dealOwners, estimateOwners, invoiceOwners, type Owner } from "../mapping/owners.ts";
import type { Product } from "../mapping/product.ts";
import { firstStageOf, type Stage, statusOfContract } from "../mapping/stage.ts";
import type { ContractStatus, EntityType, Fields, Party, RecordLinks } from "../mapping/types.ts";
import type { Settings } from "../platform/env.ts";
import type { Module } from "../zoho/records.ts";
import type { Change } from "./change.ts";
import { contractSource, customerSource, invoiceSource, quoteSource } from "./sources.ts";

/** What a change's source says, in the terms that every kind of record shares. */
export interface Subject {
  party: Party;
  /** The company's name; null when the record shows none. */
  company: string | null;
  /** What its line items point to. */
  products: Product[];
  /** Where the original service kept the record's id. */
  keptId: string | null;
  /** The status that shares its stage with Zoho, and the stage of a new record whose status asks for none. */
  shared: { status: ContractStatus; firstStage: Stage } | null;
  /**
   * The fields that CircleTel owns, as the record should hold them now.
   * @throws RangeError for a row that no projection can be made of
   */
  project(links: RecordLinks, timeZone: string): Fields;
}

/** What sets one kind of record apart from the others. */
export interface Kind {
  zohoType: "Deals" | "Estimates" | "Invoices" | "Contacts";
  module: Module;
  owners: Readonly<Record<string, Owner>>;
  /** Its stage is shared with the status of its entity. */
  hasStage: boolean;
  /** The unique field that a lost create is found by. */
  reference: string;
  /** Other records point to it: it is made sure of before them (sync/contacts.ts). */
  isPointedTo: boolean;
  /** The line items, which no list shows: the field of a single record, and a module of their own. */
  lines: string | null;
  /** What a new record has beside its projection. */
  atCreation?: (settings: Settings) => Fields;
  /** The source, or the field of it that no mapping knows. */
  read: (source: unknown) => Subject | { field: string };
}

/** A change whose source was read and understood. */
export interface Entity {
  change: Change;
  kind: Kind;
  subject: Subject;
}

export const kinds: Readonly<Record<EntityType, Kind>> = {
  contract: {
    zohoType: "Deals",
    module: "Deals",
    owners: dealOwners,
    hasStage: true,
    reference: "Contract_Number",
    isPointedTo: false,
    lines: null,
    // Mandatory for a new Deal where pipelines are on (insert-records page); a seller may move it on.
    atCreation: ({ pipeline }): Fields => pipeline === null ? {} : { Pipeline: pipeline },
    read: readWith(contractSource, (source) => ({
      party: source,
      company: accountName(source),
      products: [],
      keptId: source.contract.zoho_deal_id,
      shared: { status: statusOfContract(source.contract), firstStage: firstStageOf(source.contract) },
      project: (links, timeZone) => dealProjection(source, links, timeZone),
    })),
  },
  quote: {
    zohoType: "Estimates",
    module: "Quotes",
    owners: estimateOwners,
    hasStage: false,
    reference: "Quote_Reference",
    isPointedTo: false,
    lines: "Quoted_Items",
    read: readWith(quoteSource, (source) => ({
      party: source,
      company: accountName(source),
      products: quoteLines(source).map(({ product }) => product),
      keptId: null,
      shared: null,
      project: (links) => estimateProjection(source, links),
    })),
  },
  invoice: {
    zohoType: "Invoices",
    module: "Invoices",
    owners: invoiceOwners,
    hasStage: false,
    reference: "Invoice_Reference",
    isPointedTo: false,
    lines: "Invoiced_Items",
    read: readWith(invoiceSource, (source) => ({
      party: source,
      company: accountName({ quote: { company_name: source.company_name ?? "" }, customer: source.customer }),
      products: invoiceLines(source).map(({ product }) => product),
      keptId: null,
      shared: null,
      project: (links) => invoiceProjection(source, links),
    })),
  },
  customer: {
    zohoType: "Contacts",
    module: "Contacts",
    owners: contactOwners,
    hasStage: false,
    reference: "Customer_Reference",
    isPointedTo: true,
    lines: null,
    read: readWith(customerSource, (party) => ({
      party,
      company: null,
      products: [],
      keptId: null,
      shared: null,
      project: () => ({}),
    })),
  },
};

function readWith<S>(schema: z.ZodType<S>, subjectOf: (source: S) => Subject): Kind["read"] {
  return (source) => {
    const parsed = schema.safeParse(source);
    if (parsed.success) return subjectOf(parsed.data);
    return { field: parsed.error.issues[0]?.path.join(".") ?? "" };
  };
}
