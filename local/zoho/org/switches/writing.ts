import { z } from "zod";

const fieldNames = z.record(z.string(), z.array(z.string()));

/** What a write refuses, where it says the fault is, and what the record holds afterwards. */
export const writeSwitches = {
  unknownFields: z.enum(["drop", "refuse"]).default("drop"),
  picklists: z.enum(["accept", "refuse"]).default("accept"),
  /** Which value of an option a write of the API may name. */
  picklistWrites: z.enum(["display", "actual", "either"]).default("display"),
  /** Where pipelines are off: a stage that is not in the list. */
  unlistedStages: z.enum(["store", "refuse"]).default("store"),
  pipelineMandatory: z.boolean().default(false),
  lookupByName: z.enum(["refuse", "match", "create"]).default("refuse"),
  lookupByString: z.enum(["refuse", "accept"]).default("refuse"),
  /** Whether the refusal of a lookup or line item names its inner part or the outer field. */
  refusalPath: z.enum(["inside", "field"]).default("inside"),
  inactiveProducts: z.enum(["refuse", "accept"]).default("refuse"),
  inactiveOwner: z.enum(["refuse", "accept"]).default("refuse"),
  emptyLines: z.enum(["refuse", "clear"]).default("refuse"),
  allFailedStatus: z.union([z.literal(400), z.literal(202), z.literal(207), z.literal(200)]).default(400),
  /** Whether If-Unmodified-Since is judged for each record, or one newer record refuses the whole call. */
  unmodifiedSince: z.enum(["call", "each"]).default("call"),
  modifiedTime: z.enum(["always", "on_change"]).default("always"),
  trimsText: z.boolean().default(true),
  lineEnds: z.enum(["lf", "keep"]).default("lf"),
  /** Whether an amount is rounded to the decimals of its currency. */
  roundsCurrency: z.boolean().default(true),
  /** By module: fields that a write answers with SUCCESS for and does not keep. */
  notKept: fieldNames.default({}),
  /** Whether a field that is created may choose its api_name, and whether an external one counts as unique. */
  fieldApiNameInPost: z.enum(["ignore", "honour"]).default("ignore"),
  externalCountsAsUnique: z.boolean().default(false),
  /** Whether a changed picklist keeps the options that the call leaves out. */
  picklistPatch: z.enum(["merge", "replace"]).default("merge"),
};
